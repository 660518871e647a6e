package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchemas;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.lane.TrackMove;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Says at a start on which track each table rides, and which moves between tracks go on. */
final class TrackPlacement {
    private final Destinations destinations;
    private final ReplicationSchemas schemas;
    private final MoveLedger ledger;

    TrackPlacement(Destinations destinations, ReplicationSchemas schemas, MoveLedger ledger) {
        this.destinations = destinations;
        this.schemas = schemas;
        this.ledger = ledger;
    }

    /** Each destination's tables with how they are replicated and where they ride. */
    Map<DestinationId, Map<TableId, Placed>> placed(
            List<TableDefinition> selected, Map<TableId, Set<Track>> published) {
        Map<DestinationId, List<WantedTable>> chosen = new LinkedHashMap<>();
        Set<TableId> express = new HashSet<>();
        for (DestinationSide there : destinations.all()) {
            DestinationId destination = there.context().id();
            List<WantedTable> tables = WantedTable.of(selected, destination, schemas);
            chosen.put(destination, tables);
            tables.stream()
                    .filter(table -> table.schema().track() == Track.EXPRESS)
                    .forEach(table -> express.add(table.table()));
        }
        Map<DestinationId, Map<TableId, Placed>> placed = new LinkedHashMap<>();
        chosen.forEach((destination, tables) -> {
            Map<TableId, Placed> there = new TreeMap<>();
            for (WantedTable table : tables) {
                TableId id = table.table();
                there.put(
                        id,
                        placed(
                                table,
                                express.contains(id) ? Track.EXPRESS : Track.BULK,
                                published.getOrDefault(id, Set.of())));
            }
            placed.put(destination, there);
        });
        return placed;
    }

    /**
     * Where a table rides: where the source publishes it already; or where it is asked to. One that
     * moves may be published here or there, and is read from both.
     */
    private Placed placed(WantedTable table, Track asked, Set<Track> rides) {
        TrackMove move =
                ledger.all().stream()
                        .filter(it -> it.tables().contains(table.table()))
                        .findFirst()
                        .orElse(null);
        if (move != null) {
            return new Placed(table, move.from(), move, true);
        }
        Track noted = null;
        for (DestinationSide there : destinations.all()) {
            Registered known = there.setup().registered(table.table());
            if (noted == null && known != null && known.stage() != Stage.LEFT_OUT) {
                noted = known.track();
            }
        }
        if (rides.isEmpty()) {
            return new Placed(table, noted == null ? asked : noted, null, false);
        }
        // Bulk is its way out of express; or a move that was given up has left it on both.
        Track now = noted != null && rides.contains(noted) ? noted : rides.iterator().next();
        return new Placed(table, now, null, true);
    }

    /**
     * Moves of tables that are no longer wanted need not end; neither those of tables that are not
     * published any more, because they were replaced at the source: they begin anew.
     */
    void endNeedless(Collection<TableDefinition> selected, Set<TableId> published)
            throws IOException {
        Set<TableId> movable = new HashSet<>();
        selected.forEach(table -> movable.add(table.id()));
        movable.retainAll(published);
        for (TrackMove move : ledger.all()) {
            Set<TableId> left = new HashSet<>(move.tables());
            left.retainAll(movable);
            if (left.isEmpty()) {
                ledger.end(move);
            } else if (left.size() < move.tables().size()) {
                ledger.decide(move.of(left));
            }
        }
    }
}
