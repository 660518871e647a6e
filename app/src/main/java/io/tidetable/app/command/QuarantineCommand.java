package io.tidetable.app.command;

import io.tidetable.app.terminal.TextTable;
import io.tidetable.control.api.ApiClient;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidetable quarantine TABLE}. */
@Command(
        name = "quarantine",
        description = "Shows the changes of a table that a destination refused, and settles them.",
        mixinStandardHelpOptions = true)
final class QuarantineCommand implements Callable<Integer> {
    private static final int SHOWN = 100;

    @Parameters(paramLabel = "TABLE", description = "the table, as schema.table or just its name")
    private @SuppressWarnings("NullAway.Init") String name;

    @Option(names = "--destination", paramLabel = "NAME", description = "only there")
    private @Nullable String destination;

    @Option(
            names = "--retry",
            paramLabel = "ROW",
            description = "write this row's changes, all of them in order or none")
    private @Nullable String retry;

    @Option(
            names = "--discard",
            paramLabel = "ROW",
            description = "give this row's changes up; the table is merged from the source")
    private @Nullable String discard;

    @Mixin private ServerOption server = new ServerOption();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        boolean failed = false;
        try (ApiClient client = server.connect()) {
            NamedTable table = NamedTable.find(client.status(), name, destination);
            for (NamedTable.Place place : table.at()) {
                DestinationId there = place.destination().id();
                if (retry != null) {
                    failed |= !retry(client, there, table.table(), retry, out);
                } else if (discard != null) {
                    out.println(
                            "%d changes given up at %s; the table is merged from the source"
                                    .formatted(
                                            client.discardQuarantined(
                                                    there, table.table(), discard),
                                            there));
                } else {
                    list(client, there, table.table(), out);
                }
            }
        }
        out.flush();
        return failed ? CommandOutcome.FAILED : CommandOutcome.DONE;
    }

    private static boolean retry(
            ApiClient client, DestinationId there, TableId table, String row, PrintWriter out) {
        RetriedChanges retried = client.retryQuarantined(there, table, row);
        out.println(
                retried.failure() == null
                        ? "%d changes written at %s".formatted(retried.applied(), there)
                        : "none written at %s, one is refused again: %s"
                                .formatted(there, retried.failure()));
        return retried.failure() == null;
    }

    private static void list(
            ApiClient client, DestinationId there, TableId table, PrintWriter out) {
        TextTable lines =
                new TextTable()
                        .left("to")
                        .left("row")
                        .left("kind")
                        .left("position")
                        .left("at")
                        .left("sqlstate")
                        .left("why");
        for (QuarantinedChange change : client.quarantined(there, table, SHOWN)) {
            lines.row(
                    there.name(),
                    change.chain(),
                    change.kind(),
                    change.position().toString(),
                    change.at().toString(),
                    Objects.requireNonNullElse(change.sqlState(), ""),
                    change.reason());
        }
        lines.lines().forEach(out::println);
    }
}
