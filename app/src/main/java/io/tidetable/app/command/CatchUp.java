package io.tidetable.app.command;

import io.tidetable.control.api.PipelineView;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * Waiting until destinations hold everything up to a position, and noticing when they never will.
 */
final class CatchUp {
    private CatchUp() {}

    /**
     * Looks whether a destination holds everything of the tables, for a short while.
     *
     * @param tables empty for all
     * @throws TidetableException TT-531 when a table is paused and will not get there, TT-403 when
     *     one stopped; where one could not be created, once the others got there
     */
    static boolean reached(
            PipelineView view,
            DestinationId destination,
            Set<TableId> tables,
            Lsn position,
            Duration limit)
            throws InterruptedException {
        if (view.awaitComplete(destination, tables, position, limit)) {
            return true;
        }
        for (DestinationStatus candidate : view.status().destinations()) {
            if (candidate.id().equals(destination)) {
                candidate.tables().stream()
                        .filter(table -> tables.isEmpty() || tables.contains(table.table()))
                        .forEach(table -> refuseStandstill(destination, table));
            }
        }
        return false;
    }

    private static void refuseStandstill(DestinationId destination, TableStatus table) {
        if (table.state() == TableState.PAUSED) {
            throw new TidetableException(
                    "TT-531",
                    "%s at %s is %s and will not catch up by itself: %s; mend the cause, then 'tidetable resume %s'"
                            .formatted(
                                    table.table(),
                                    destination,
                                    table.state().name().toLowerCase(Locale.ROOT),
                                    Objects.requireNonNullElse(
                                            table.message(), "an administrator held it"),
                                    table.table()));
        }
    }
}
