package io.tidetable.control.api;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableStatus;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds what requests name in what there is; what is not there is said with what is. */
final class Requests {
    private Requests() {}

    /** The destinations that are meant: the named one, or all. */
    static List<DestinationStatus> destinations(PipelineStatus status, @Nullable String name) {
        if (name == null || name.isEmpty()) {
            return status.destinations();
        }
        List<DestinationStatus> named =
                status.destinations().stream().filter(d -> d.id().name().equals(name)).toList();
        if (named.isEmpty()) {
            throw ApiException.notFound(
                    "TT-604",
                    "there is no destination '%s'; there is %s"
                            .formatted(
                                    name,
                                    status.destinations().stream()
                                            .map(d -> d.id().name())
                                            .collect(Collectors.joining(", "))));
        }
        return named;
    }

    /** The one destination that is meant: the named one, or the only one. */
    static DestinationId destination(PipelineStatus status, @Nullable String name) {
        List<DestinationStatus> meant = destinations(status, name);
        if (meant.size() != 1) {
            throw ApiException.badRequest(
                    "there are several destinations (%s); name one"
                            .formatted(
                                    meant.stream()
                                            .map(d -> d.id().name())
                                            .collect(Collectors.joining(", "))));
        }
        return meant.getFirst().id();
    }

    /**
     * The table of that name at any destination.
     *
     * @param name as people write it; without a namespace {@code public} is meant
     */
    static TableId table(PipelineStatus status, String name) {
        Set<TableId> known = new TreeSet<>();
        for (DestinationStatus destination : status.destinations()) {
            destination.tables().stream().map(TableStatus::table).forEach(known::add);
        }
        return known.stream()
                .filter(table -> table.toString().equals(name))
                .findFirst()
                .or(() ->
                        known.stream()
                                .filter(table ->
                                        table.namespace().equals("public")
                                                && table.name().equals(name))
                                .findFirst())
                .orElseThrow(() ->
                        ApiException.notFound(
                                "TT-603",
                                "the table '%s' is not replicated; GET /api/v1/tables lists those that are"
                                        .formatted(name)));
    }

    static Set<TableId> tables(PipelineStatus status, @Nullable Collection<String> names) {
        return names == null
                ? Set.of()
                : names.stream()
                        .map(name -> table(status, name))
                        .collect(Collectors.toUnmodifiableSet());
    }

    static Track track(String label) {
        try {
            return Track.parse(label);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("track takes express or bulk, got '" + label + "'");
        }
    }

    static Lsn position(String text) {
        try {
            return Lsn.parse(text);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(
                    "position takes 'now' or an LSN such as 16/3002D50, got '" + text + "'");
        }
    }
}
