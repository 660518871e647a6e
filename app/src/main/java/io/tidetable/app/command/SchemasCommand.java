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

/** {@code tidetable schemas [TABLE]}. */
@Command(
        name = "schemas",
        description = "Lists how tables are replicated; with a TABLE, every version of that.",
        mixinStandardHelpOptions = true)
final class SchemasCommand implements Callable<Integer> {
    @Parameters(paramLabel = "TABLE", arity = "0..1", description = "show its versions")
    private @Nullable String table;

    @Option(names = "--destination", paramLabel = "NAME", description = "only this destination")
    private @Nullable String destination;

    @Option(
            names = "--back-to",
            paramLabel = "VERSION",
            description = "let TABLE be replicated again as in this version")
    private @Nullable Long backTo;

    @Option(names = "--reason", paramLabel = "TEXT", description = "why, with --back-to")
    private @Nullable String reason;

    @Mixin private ControlOption control = new ControlOption();

    @Override
    public Integer call() {
        String named = table;
        if (named == null) {
            return control.answer(client -> client.schemas(destination), SchemasCommand::overview);
        }
        Long version = backTo;
        if (version != null) {
            String why = reason == null ? "" : reason;
            return control.answer(
                    client -> client.rollBack(named, destination, version, why),
                    answer ->
                            List.of(named + " is replicated as in version " + version + " again"));
        }
        return control.answer(
                client -> client.history(named, destination), SchemasCommand::versions);
    }

    private static List<String> overview(ControlClient.Answer answer) {
        return new TextTable()
                .left("table")
                .left("to")
                .right("version")
                .left("class")
                .left("changes")
                .left("strategy")
                .left("consistency")
                .right("priority")
                .left("track")
                .left("decided by")
                .rows(
                        answer.rows(
                                "replication_schemas",
                                "table",
                                "schema.destination",
                                "schema.version",
                                "schema.temperature",
                                "schema.change_frequency",
                                "schema.strategy.kind",
                                "schema.consistency",
                                "schema.priority",
                                "schema.track",
                                "schema.origin"))
                .lines();
    }

    private static List<String> versions(ControlClient.Answer answer) {
        return new TextTable()
                .right("version")
                .left("at")
                .left("by")
                .left("class")
                .left("strategy")
                .left("consistency")
                .right("priority")
                .left("track")
                .left("why")
                .rows(
                        answer.rows(
                                "versions",
                                "schema.version",
                                "schema.at",
                                "author",
                                "schema.temperature",
                                "schema.strategy.kind",
                                "schema.consistency",
                                "schema.priority",
                                "schema.track",
                                "schema.reason"))
                .lines();
    }
}
