package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.node.copy.CopyManifests;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The destinations of a pipeline by name; whoever asks for one that is not there is told so. */
final class Destinations {
    private final Map<DestinationId, DestinationSide> byName = new LinkedHashMap<>();

    void add(DestinationSide there) {
        byName.put(there.context().id(), there);
    }

    Collection<DestinationSide> all() {
        return byName.values();
    }

    interface TableChange {
        void of(DestinationSide there, LaneTable table) throws SQLException;
    }

    interface TableQuestion<T> {
        T of(DestinationSide there, LaneTable table) throws SQLException;
    }

    /** Changes something about one table of a destination. */
    void change(DestinationId destination, TableId table, TableChange change) {
        ask(
                destination,
                table,
                (there, it) -> {
                    change.of(there, it);
                    return true;
                });
    }

    /** Asks for something of one table of a destination. */
    <T> T ask(DestinationId destination, TableId table, TableQuestion<T> question) {
        DestinationSide there = at(destination);
        try {
            return question.of(there, chosen(there, Set.of(table)).getFirst());
        } catch (SQLException e) {
            throw unanswered(destination, e);
        }
    }

    private static TidetableException unanswered(DestinationId destination, SQLException e) {
        return new TidetableException(
                "TT-401",
                "destination %s did not answer: %s; nothing was changed"
                        .formatted(destination, e.getMessage()),
                e);
    }

    /** How far every first copy to a destination is that was planned. */
    List<CopyProgress> manifests(DestinationId destination) {
        DestinationContext there = at(destination).context();
        try (Connection connection = there.connect("tidetable manifest")) {
            return CopyManifests.all(connection, there.pipeline());
        } catch (SQLException e) {
            throw unanswered(destination, e);
        }
    }

    /** The destination of that name. */
    DestinationSide at(DestinationId destination) {
        DestinationSide there = byName.get(destination);
        if (there == null) {
            throw new TidetableException(
                    "TT-404",
                    "there is no destination '%s'; there are: %s"
                            .formatted(destination, byName.keySet()));
        }
        return there;
    }

    /** The tables of those names; all for no name. */
    static List<LaneTable> chosen(DestinationSide there, Set<TableId> tables) {
        if (tables.isEmpty()) {
            return List.copyOf(there.tables());
        }
        List<LaneTable> chosen = new ArrayList<>();
        for (TableId name : tables) {
            LaneTable table = there.lanes().table(name);
            if (table == null) {
                throw new TidetableException(
                        "TT-405",
                        "table %s is not replicated; 'tidetable tables' lists those that are"
                                .formatted(name));
            }
            chosen.add(table);
        }
        return chosen;
    }
}
