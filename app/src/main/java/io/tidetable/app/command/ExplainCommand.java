package io.tidetable.app.command;

import io.tidetable.control.api.ControlClient;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidetable explain TABLE}. */
@Command(
        name = "explain",
        description = "Says in plain sentences what happens to a table, and why.",
        mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {
    @Parameters(paramLabel = "TABLE", description = "the table, as schema.table or just its name")
    private @SuppressWarnings("NullAway.Init") String table;

    @Option(names = "--destination", paramLabel = "NAME", description = "only this destination")
    private @Nullable String destination;

    @Mixin private ControlOption control = new ControlOption();

    @Override
    public Integer call() {
        return control.answer(client -> client.explain(table, destination), ExplainCommand::lines);
    }

    private static List<String> lines(ControlClient.Answer answer) {
        return answer.rows("explanations", "sentences").stream()
                .flatMap(row -> row.getFirst().lines())
                .toList();
    }
}
