package io.tidetable.app.command;

import io.tidetable.app.terminal.StatusText;
import io.tidetable.control.api.ApiClient;
import io.tidetable.control.api.PipelineRepresentation;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidetable tables}. */
@Command(
        name = "tables",
        description = "Lists the tables of a running pipeline with state, rate, delay and backlog.",
        mixinStandardHelpOptions = true)
final class TablesCommand implements Callable<Integer> {
    @Mixin private ServerOption server = new ServerOption();
    @Mixin private OutputOption output = new OutputOption();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (ApiClient client = server.connect()) {
            PipelineStatus status = client.status();
            if (output.json()) {
                out.println(PipelineRepresentation.of(status).tablesJson());
            } else {
                for (DestinationStatus destination : status.destinations()) {
                    if (status.destinations().size() > 1) {
                        out.println("to " + destination.id());
                    }
                    StatusText.tables(destination).forEach(out::println);
                }
            }
        }
        out.flush();
        return CommandOutcome.DONE;
    }
}
