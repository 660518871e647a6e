package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Learns what a destination has flushed and lets the journal go up to there. A commit there need
 * not be on its disk yet, and a crash may take it back; what follows in its log can only be on disk
 * with everything before it.
 */
final class Durability {
    private static final String INSERT_POSITION = "SELECT pg_current_wal_insert_lsn()::text";

    private static final String FLUSH_POSITION = "SELECT pg_current_wal_flush_lsn()::text";

    private static final String NOTE_WATERMARK =
            """
            INSERT INTO tidetable.watermark (pipeline, track, lsn, noted_at, behind)
            VALUES (?, ?, ?::pg_lsn, clock_timestamp(), ?)
            ON CONFLICT (pipeline, track) DO UPDATE
            SET lsn = excluded.lsn, noted_at = excluded.noted_at, behind = excluded.behind
            """;

    private final String pipeline;
    private final DestinationId destination;
    private final Journal journal;
    private final Map<TableId, Lsn> released = new HashMap<>();
    private final Map<LaneId, Lsn> flushed = new ConcurrentHashMap<>();
    private Map<TableId, Lsn> committed = Map.of();
    private Map<LaneId, Lsn> standing = Map.of();
    private Lsn committedBelow = Lsn.ZERO;
    private final Map<Track, Lsn> noted = new HashMap<>();

    Durability(String pipeline, DestinationId destination, Journal journal) {
        this.pipeline = pipeline;
        this.destination = destination;
        this.journal = journal;
    }

    /**
     * One look: what was committed at the last look may be flushed by now.
     *
     * @param connection to the destination, in autocommit mode
     */
    void look(Connection connection, Collection<Lane> lanes) throws SQLException {
        if (!nothingToLearn() && position(connection, FLUSH_POSITION).isAtOrAfter(committedBelow)) {
            committed.forEach((table, position) -> {
                journal.release(destination, table, position);
                released.put(table, position);
            });
            standing.forEach((lane, position) -> flushed.merge(lane, position, Lsn::max));
            committed = Map.of();
            standing = Map.of();
        }
        if (nothingToLearn()) {
            Map<TableId, Lsn> now = new HashMap<>();
            Map<LaneId, Lsn> stand = new HashMap<>();
            for (Lane lane : lanes) {
                Lsn stands = lane.standing();
                if (stands.isAfter(flushed(lane.id()))) {
                    stand.put(lane.id(), stands);
                }
                Lsn position = lane.completeUpTo();
                for (LaneTable table : lane.tables()) {
                    now.merge(table.table(), position, Lsn::min);
                }
            }
            now.entrySet()
                    .removeIf(entry ->
                            !entry.getValue()
                                    .isAfter(released.getOrDefault(entry.getKey(), Lsn.ZERO)));
            // Read after the positions: their commits lie below it in the destination's log.
            committedBelow = position(connection, INSERT_POSITION);
            committed = now;
            standing = stand;
        }
    }

    private boolean nothingToLearn() {
        return committed.isEmpty() && standing.isEmpty();
    }

    /** The progress of a lane that the destination has on its disk. May be asked by anybody. */
    Lsn flushed(LaneId lane) {
        return flushed.getOrDefault(lane, Lsn.ZERO);
    }

    /**
     * Writes down, for readers of the destination, how far lanes without changes are complete.
     *
     * @param announced how far a track has told its lanes what is new
     */
    void noteWatermarks(
            Connection connection,
            Collection<Lane> lanes,
            Collection<Track> tracks,
            Function<Track, Lsn> announced)
            throws SQLException {
        for (Track track : tracks) {
            Lsn watermark = announced.apply(track);
            if (watermark.equals(noted.get(track))) {
                continue;
            }
            List<String> behind = new ArrayList<>();
            for (Lane lane : lanes) {
                if (watermark.isAfter(lane.completeUpTo())) {
                    behind.add(lane.id().name());
                }
            }
            try (PreparedStatement statement = connection.prepareStatement(NOTE_WATERMARK)) {
                statement.setString(1, pipeline);
                statement.setString(2, track.label());
                statement.setString(3, watermark.toString());
                statement.setArray(4, connection.createArrayOf("text", behind.toArray()));
                statement.executeUpdate();
            }
            noted.put(track, watermark);
        }
    }

    /** Forgets what it saw: the destination may have lost what was not flushed. */
    void forget() {
        committed = Map.of();
        standing = Map.of();
        noted.clear();
    }

    private static Lsn position(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }
}
