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
import picocli.CommandLine.Spec;

/** {@code tidetable status}. */
@Command(
        name = "status",
        description = "Shows a running pipeline: its tracks, its destinations, its tables.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
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
                out.println(PipelineRepresentation.of(status).json());
            } else {
                StatusText.whole(status).forEach(out::println);
            }
        }
        out.flush();
        return CommandOutcome.DONE;
    }
}
