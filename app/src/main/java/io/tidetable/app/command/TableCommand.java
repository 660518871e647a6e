package io.tidetable.app.command;

import io.tidetable.app.terminal.StatusText;
import io.tidetable.control.api.ApiClient;
import io.tidetable.control.api.PipelineRepresentation;
import io.tidetable.model.status.PipelineStatus;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidetable table NAME}. */
@Command(
        name = "table",
        description = "Shows all there is to know about one table of a running pipeline.",
        mixinStandardHelpOptions = true)
final class TableCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "the table, as schema.table or just its name")
    private @SuppressWarnings("NullAway.Init") String name;

    @Mixin private ServerOption server = new ServerOption();
    @Mixin private OutputOption output = new OutputOption();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (ApiClient client = server.connect()) {
            PipelineStatus status = client.status();
            NamedTable table = NamedTable.find(status, name, null);
            if (output.json()) {
                out.println(PipelineRepresentation.of(status).tableJson(table.table()));
            } else {
                table.at()
                        .forEach(place ->
                                StatusText.one(place.destination(), place.table())
                                        .forEach(out::println));
            }
        }
        out.flush();
        return CommandOutcome.DONE;
    }
}
