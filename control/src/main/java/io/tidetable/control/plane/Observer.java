package io.tidetable.control.plane;

import io.tidetable.control.classify.Stated;
import io.tidetable.control.classify.Subject;
import io.tidetable.control.observe.Observation;
import io.tidetable.control.observe.Reading;
import io.tidetable.control.observe.StatisticsReader;
import io.tidetable.control.store.ConnectionSource;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the newest readings of all servers and the one before: one query per server and interval.
 * Thread-safe.
 */
final class Observer {
    private static final Logger LOG = LoggerFactory.getLogger(Observer.class);
    private static final String SOURCE = "the source";
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration SPACING = Duration.ofMinutes(10);

    private final Replicated replicated;
    private final Map<String, Observation> servers = new HashMap<>();
    private final Map<String, Deque<Reading>> kept = new HashMap<>();

    Observer(Replicated replicated) {
        this.replicated = replicated;
    }

    /**
     * Reads all servers anew. A destination that does not answer keeps what was read last.
     *
     * @throws TidetableException TT-204 when the source does not answer
     */
    synchronized void observe() {
        try {
            observe(SOURCE, replicated.source());
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-204",
                    "the source's statistics could not be read: %s; tables cannot be classified without them"
                            .formatted(e.getMessage()),
                    e);
        }
        replicated
                .destinations()
                .forEach((id, destination) -> {
                    try {
                        observe(id.name(), destination);
                    } catch (SQLException e) {
                        LOG.warn(
                                "the statistics of destination {} could not be read: {}; what was read last goes on to count",
                                id,
                                e.getMessage());
                    }
                });
    }

    private void observe(String server, ConnectionSource source) throws SQLException {
        try (Connection connection = source.open("tidetable statistics")) {
            Reading now = StatisticsReader.read(connection);
            Observation known = servers.get(server);
            servers.put(
                    server,
                    new Observation(
                            now,
                            before(known, now),
                            hourBefore(
                                    kept.computeIfAbsent(server, _ -> new ArrayDeque<>()), now)));
        }
    }

    /** The newest of the readings kept that is an hour old; keeps one in ten minutes. */
    private static @Nullable Reading hourBefore(Deque<Reading> kept, Reading now) {
        if (kept.isEmpty() || age(kept.getLast(), now).compareTo(SPACING) >= 0) {
            kept.addLast(now);
        }
        Reading old = null;
        while (!kept.isEmpty() && age(kept.getFirst(), now).compareTo(HOUR) >= 0) {
            old = kept.removeFirst();
        }
        if (old != null) {
            kept.addFirst(old);
        }
        return old;
    }

    private static Duration age(Reading reading, Reading now) {
        return Duration.between(reading.at(), now.at());
    }

    /** The newest reading that lies far enough back. */
    private static @Nullable Reading before(@Nullable Observation known, Reading now) {
        if (known == null) {
            return null;
        }
        boolean longEnough =
                Duration.between(known.now().at(), now.at()).compareTo(Observation.SHORTEST_WINDOW)
                        >= 0;
        return longEnough ? known.now() : known.before();
    }

    /** Every selected table for each destination, with its figures. */
    synchronized Map<DestinationId, List<Subject>> subjects() {
        Observation source = servers.get(SOURCE);
        return source == null ? Map.of() : subjects(source.now().tables().keySet());
    }

    /** Those tables for each destination, with their figures. */
    synchronized Map<DestinationId, List<Subject>> subjects(Collection<TableId> tables) {
        Observation source = servers.get(SOURCE);
        Map<DestinationId, List<Subject>> subjects = new LinkedHashMap<>();
        if (source == null) {
            return subjects;
        }
        for (DestinationId destination : replicated.destinations().keySet()) {
            List<Subject> there = new ArrayList<>();
            for (TableId table : new TreeSet<>(tables)) {
                Optional<Stated> stated = replicated.selection().apply(table);
                stated.ifPresent(it ->
                        there.add(
                                new Subject(
                                        table,
                                        destination,
                                        it,
                                        Observation.figures(
                                                table, source, servers.get(destination.name())))));
            }
            subjects.put(destination, there);
        }
        return subjects;
    }
}
