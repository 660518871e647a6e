package io.tidetable.app.command;

import io.tidetable.control.api.ApiClient;
import io.tidetable.control.api.PipelineView;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands have in common that ask something of one table of a running pipeline. */
final class TableAction {
    @Parameters(paramLabel = "TABLE", description = "the table, as schema.table or just its name")
    private @SuppressWarnings("NullAway.Init") String name;

    @Option(
            names = "--destination",
            paramLabel = "NAME",
            description = "only at this destination; otherwise at all of them")
    private @Nullable String destination;

    @Mixin private ServerOption server = new ServerOption();

    int carryOut(PrintWriter out, String done, Act act) {
        try (ApiClient client = server.connect()) {
            NamedTable table = NamedTable.find(client.status(), name, destination);
            for (NamedTable.Place place : table.at()) {
                act.on(client, place.destination().id(), table.table());
                out.println(
                        "%s at %s: %s".formatted(table.table(), place.destination().id(), done));
            }
        }
        out.flush();
        return CommandOutcome.DONE;
    }

    /** What is asked. */
    @FunctionalInterface
    interface Act {
        void on(PipelineView pipeline, DestinationId destination, TableId table);
    }
}
