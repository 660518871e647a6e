package io.tidetable.app.command;

import io.tidetable.app.terminal.TextTable;
import io.tidetable.control.api.ControlClient;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidetable manifests [TABLE]}. */
@Command(
        name = "manifests",
        description =
                "Lists how far the first copies of tables are; with a TABLE, the parts of its copy.",
        mixinStandardHelpOptions = true)
final class ManifestsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "TABLE", arity = "0..1", description = "show the parts of its copy")
    private @Nullable String table;

    @Option(names = "--destination", paramLabel = "NAME", description = "only there")
    private @Nullable String destination;

    @Option(names = "--open", description = "only copies that are not done")
    private boolean open;

    @Mixin private ControlOption control = new ControlOption();

    @Override
    public Integer call() {
        String named = table;
        return named == null
                ? control.answer(
                        client -> client.manifests(destination, open ? "copying" : null),
                        ManifestsCommand::overview)
                : control.answer(
                        client -> client.manifest(named, destination), ManifestsCommand::parts);
    }

    private static List<String> overview(ControlClient.Answer answer) {
        return new TextTable()
                .left("table")
                .left("to")
                .left("state")
                .right("parts")
                .right("done")
                .right("rows")
                .right("of about")
                .right("bytes")
                .rows(
                        answer.rows(
                                "manifests",
                                "table",
                                "destination",
                                "state",
                                "chunks",
                                "done",
                                "rows",
                                "estimated_rows",
                                "bytes"))
                .lines();
    }

    private static List<String> parts(ControlClient.Answer answer) {
        return new TextTable()
                .right("part")
                .left("relation")
                .right("from block")
                .right("to block")
                .left("done")
                .right("rows")
                .right("bytes")
                .rows(
                        answer.rows(
                                "chunks",
                                "number",
                                "relation",
                                "first_block",
                                "end_block",
                                "done",
                                "rows",
                                "bytes"))
                .lines();
    }
}
