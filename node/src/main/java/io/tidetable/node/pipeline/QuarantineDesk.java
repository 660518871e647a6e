package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.node.apply.Quarantine;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Lets operators see the changes that a destination refused, retry them or give them up. */
final class QuarantineDesk {
    private static final String PURPOSE = "tidetable quarantine";

    private final DestinationContext context;

    QuarantineDesk(DestinationContext context) {
        this.context = context;
    }

    List<QuarantinedChange> list(TableId table, int limit) throws SQLException {
        try (Connection connection = context.connect(PURPOSE)) {
            return over(connection).list(table, limit).stream()
                    .map(it ->
                            new QuarantinedChange(
                                    it.id(),
                                    it.table(),
                                    it.chain(),
                                    it.row(),
                                    it.kind().name().toLowerCase(Locale.ROOT),
                                    it.position().commitEnd(),
                                    it.sqlState(),
                                    it.reason(),
                                    it.quarantinedAt()))
                    .toList();
        }
    }

    RetriedChanges retry(LaneTable table, String chain) throws SQLException {
        try (Connection connection = context.connect(PURPOSE)) {
            Quarantine quarantine = over(connection);
            Quarantine.Retried retried = quarantine.retry(table.table(), chain);
            recount(quarantine, table);
            return new RetriedChanges(retried.applied(), retried.conflicts(), retried.failure());
        }
    }

    /** Its table is merged from the source once it has caught up. */
    long discard(LaneTable table, String chain) throws SQLException {
        try (Connection connection = context.connect(PURPOSE)) {
            Quarantine quarantine = over(connection);
            long given = quarantine.discard(table.table(), chain);
            recount(quarantine, table);
            if (given > 0) {
                table.needsMerge(true);
            }
            return given;
        }
    }

    /** Counts what earlier starts have left. */
    void recount(Collection<LaneTable> tables) throws SQLException {
        try (Connection connection = context.connect(PURPOSE)) {
            Map<TableId, Long> counts = over(connection).counts();
            tables.forEach(it -> it.quarantinedInAll(counts.getOrDefault(it.table(), 0L)));
        }
    }

    private static void recount(Quarantine quarantine, LaneTable table) throws SQLException {
        table.quarantinedInAll(quarantine.counts().getOrDefault(table.table(), 0L));
    }

    private Quarantine over(Connection connection) {
        return new Quarantine(
                connection,
                context.pipeline(),
                context.applySettings(),
                context.types()::mappingWith);
    }
}
