package io.tidetable.app.command;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A table somebody named on the command line, at the destinations that are meant. */
record NamedTable(TableId table, List<Place> at) {
    NamedTable {
        at = List.copyOf(at);
    }

    /**
     * Finds it.
     *
     * @param name {@code schema.table}; a bare name means a table of {@code public}
     * @param destination null for all
     */
    static NamedTable find(PipelineStatus status, String name, @Nullable String destination) {
        List<Place> places = new ArrayList<>();
        for (DestinationStatus candidate : destinations(status, destination)) {
            for (TableStatus table : candidate.tables()) {
                if (table.table().toString().equals(name)
                        || table.table().toString().equals("public." + name)) {
                    places.add(new Place(candidate, table));
                }
            }
        }
        if (places.isEmpty()) {
            throw new TidetableException(
                    "TT-121",
                    "the table '%s' is not replicated; 'tidetable tables' lists those that are"
                            .formatted(name));
        }
        return new NamedTable(places.getFirst().table().table(), places);
    }

    /** The destinations that are meant: the named one, or all. */
    static List<DestinationStatus> destinations(PipelineStatus status, @Nullable String name) {
        List<DestinationStatus> meant =
                status.destinations().stream()
                        .filter(d -> name == null || d.id().equals(new DestinationId(name)))
                        .toList();
        if (meant.isEmpty()) {
            throw new TidetableException(
                    "TT-122",
                    "there is no destination '%s'; there is %s"
                            .formatted(
                                    name,
                                    status.destinations().stream()
                                            .map(d -> d.id().name())
                                            .collect(Collectors.joining(", "))));
        }
        return meant;
    }

    /** The table at one destination. */
    record Place(DestinationStatus destination, TableStatus table) {}
}
