package io.tidetable.control.api;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.status.QuarantinedChange;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bodies about changes that a destination refused. */
final class QuarantineRepresentation {
    private QuarantineRepresentation() {}

    /** Tables that have some. */
    record Tables(List<Table> tables) {}

    record Table(String table, String destination, long changes) {}

    record Changes(String table, String destination, List<Change> changes) {
        static Changes of(TableId table, DestinationId there, List<QuarantinedChange> changes) {
            return new Changes(
                    table.toString(), there.name(), changes.stream().map(Change::of).toList());
        }
    }

    record Change(
            long id,
            String chain,
            String row,
            String kind,
            String position,
            @Nullable String sqlState,
            String reason,
            Instant at) {
        static Change of(QuarantinedChange it) {
            return new Change(
                    it.id(),
                    it.chain(),
                    it.row(),
                    it.kind(),
                    it.position().toString(),
                    it.sqlState(),
                    it.reason(),
                    it.at());
        }

        QuarantinedChange change(TableId table) {
            return new QuarantinedChange(
                    id, table, chain, row, kind, Lsn.parse(position), sqlState, reason, at);
        }
    }

    /** Which row's changes are meant. */
    record Request(@Nullable String chain) {}

    record Discarded(long discarded) {}
}
