package io.tidetable.node.destination;

import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a destination remembers of the tables that a pipeline replicates there: the table {@code
 * tidetable.replicated_table}. Each call is one statement of the caller's connection.
 */
public final class ReplicatedTables {
    private static final String ALL =
            """
            SELECT namespace, name, lane, track, state, created_here, oldest_snapshot,
                newest_snapshot, newest_horizon::text AS newest_horizon, needs_merge, message
            FROM tidetable.replicated_table WHERE pipeline = ?
            """;

    private static final String ONE = ALL + " AND namespace = ? AND name = ?";

    private static final String IS_SETTLED =
            """
            SELECT FROM tidetable.replicated_table WHERE pipeline = ? AND namespace = ? AND name = ?
                AND state IN ('catching_up', 'streaming', 'paused')
            """;

    private static final String REGISTER =
            """
            INSERT INTO tidetable.replicated_table
                (pipeline, namespace, name, lane, track, state, created_here)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (pipeline, namespace, name) DO UPDATE
            SET lane = excluded.lane, track = excluded.track, state = excluded.state,
                message = NULL, changed_at = clock_timestamp()
            """;

    private static final String REGISTER_NEW =
            """
            INSERT INTO tidetable.replicated_table
                (pipeline, namespace, name, lane, track, state, created_here)
            SELECT ?, w.namespace, w.name, w.lane, w.track, ?, false
            FROM unnest(?::text[], ?::text[], ?::text[], ?::text[])
                AS w (namespace, name, lane, track)
            ON CONFLICT (pipeline, namespace, name) DO UPDATE
            SET lane = excluded.lane, track = excluded.track, state = excluded.state,
                message = NULL, changed_at = clock_timestamp()
            """;

    private static final String BECOME =
            """
            UPDATE tidetable.replicated_table
            SET state = ?, message = ?, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String BECOME_ALL =
            """
            UPDATE tidetable.replicated_table r
            SET state = ?, message = NULL, changed_at = clock_timestamp()
            FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
            WHERE r.pipeline = ? AND r.namespace = w.namespace AND r.name = w.name
            """;

    private static final String RIDE =
            """
            UPDATE tidetable.replicated_table r
            SET track = ?, changed_at = clock_timestamp()
            FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
            WHERE r.pipeline = ? AND r.namespace = w.namespace AND r.name = w.name
            """;

    private static final String JOIN_LANE =
            """
            UPDATE tidetable.replicated_table SET lane = ?, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String HAS_QUARANTINED =
            """
            SELECT FROM tidetable.quarantine WHERE pipeline = ? AND namespace = ? AND name = ? LIMIT 1
            """;

    private static final String MERGED =
            """
            UPDATE tidetable.replicated_table
            SET state = ?, message = NULL, needs_merge = false, oldest_snapshot = ?,
                newest_snapshot = ?, newest_horizon = ?::pg_lsn, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String NEEDS_MERGE =
            """
            UPDATE tidetable.replicated_table SET needs_merge = true, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String FORGET_CHUNKS =
            """
            DELETE FROM tidetable.chunk WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String FORGET_PROGRESS =
            "DELETE FROM tidetable.progress WHERE pipeline = ? AND lane = ANY (?)";

    private static final String FORGET_KEY_LANES =
            "DELETE FROM tidetable.progress WHERE pipeline = ? AND starts_with(lane, ?)";

    private final String pipeline;

    public ReplicatedTables(String pipeline) {
        this.pipeline = pipeline;
    }

    /** What is remembered of one table; null when nothing is. */
    public @Nullable Registered one(Connection destination, TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(ONE)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? registered(row) : null;
            }
        }
    }

    /** What is remembered, by table. */
    public Map<TableId, Registered> all(Connection destination) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(ALL)) {
            statement.setString(1, pipeline);
            try (ResultSet rows = statement.executeQuery()) {
                Map<TableId, Registered> all = new TreeMap<>();
                while (rows.next()) {
                    TableId table =
                            new TableId(rows.getString("namespace"), rows.getString("name"));
                    all.put(table, registered(rows));
                }
                return all;
            }
        }
    }

    private static Registered registered(ResultSet rows) throws SQLException {
        String horizon = rows.getString("newest_horizon");
        Lsn newestHorizon = horizon == null ? Lsn.ZERO : Lsn.parse(horizon);
        String oldest = rows.getString("oldest_snapshot");
        String newest = rows.getString("newest_snapshot");
        return new Registered(
                new LaneId(rows.getString("lane")),
                Track.parse(rows.getString("track")),
                Stage.valueOf(rows.getString("state").toUpperCase(java.util.Locale.ROOT)),
                rows.getBoolean("created_here"),
                oldest == null ? null : SourceSnapshot.parse(oldest, newestHorizon),
                newest == null ? null : SourceSnapshot.parse(newest, newestHorizon),
                rows.getBoolean("needs_merge"),
                rows.getString("message"));
    }

    /** Whether the table's rows are settled: nothing copies or merges them. */
    public boolean isSettled(Connection destination, TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(IS_SETTLED)) {
            keyed(statement, 1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Writes a table down, or moves one that is known to another lane and stage. */
    public void register(
            Connection destination,
            TableId table,
            LaneId lane,
            Track track,
            Stage stage,
            boolean createdHere)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(REGISTER)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.setString(4, lane.name());
            statement.setString(5, track.label());
            statement.setString(6, stage.label());
            statement.setBoolean(7, createdHere);
            statement.executeUpdate();
        }
    }

    /** A table that was not known, with the lane and the track of its changes. */
    public record New(TableId table, LaneId lane, Track track) {}

    /** Writes tables down whose copies have not begun. */
    public void register(Connection destination, Collection<New> tables) throws SQLException {
        if (tables.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = destination.prepareStatement(REGISTER_NEW)) {
            statement.setString(1, pipeline);
            statement.setString(2, Stage.WAITING.label());
            TextArrays.set(statement, 3, tables, it -> it.table().namespace());
            TextArrays.set(statement, 4, tables, it -> it.table().name());
            TextArrays.set(statement, 5, tables, it -> it.lane().name());
            TextArrays.set(statement, 6, tables, it -> it.track().label());
            statement.executeUpdate();
        }
    }

    /** The table has come to another stage. */
    public void become(Connection destination, TableId table, Stage stage, @Nullable String message)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(BECOME)) {
            statement.setString(1, stage.label());
            statement.setString(2, message);
            keyed(statement, 3, table).executeUpdate();
        }
    }

    /** Tables have come to another stage, all at once. */
    public void become(Connection destination, Collection<TableId> tables, Stage stage)
            throws SQLException {
        if (tables.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = destination.prepareStatement(BECOME_ALL)) {
            setAll(statement, stage.label(), tables).executeUpdate();
        }
    }

    private PreparedStatement setAll(
            PreparedStatement statement, String value, Collection<TableId> tables)
            throws SQLException {
        statement.setString(1, value);
        TextArrays.setNames(statement, 2, tables);
        statement.setString(4, pipeline);
        return statement;
    }

    /** The table is no longer replicated; what its copy consisted of means nothing then. */
    public void leaveOut(Connection destination, TableId table) throws SQLException {
        become(destination, table, Stage.LEFT_OUT, null);
        try (PreparedStatement statement = destination.prepareStatement(FORGET_CHUNKS)) {
            keyed(statement, 1, table).executeUpdate();
        }
    }

    /** Rows of the table could not be completed: it has to be merged once it caught up. */
    public void needsMerge(Connection destination, TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(NEEDS_MERGE)) {
            keyed(statement, 1, table).executeUpdate();
        }
    }

    /**
     * Tables ride on another track. Their changes will be looked for nowhere else, so it is on the
     * destination's disk when this returns.
     *
     * @param destination in autocommit mode
     */
    public void ride(Connection destination, Set<TableId> tables, Track track) throws SQLException {
        destination.setAutoCommit(false);
        try (Statement setting = destination.createStatement();
                PreparedStatement statement = destination.prepareStatement(RIDE)) {
            setting.execute("SET LOCAL synchronous_commit = local");
            setAll(statement, track.label(), tables).executeUpdate();
            destination.commit();
        } catch (SQLException e) {
            destination.rollback();
            throw e;
        } finally {
            destination.setAutoCommit(true);
        }
    }

    /** Another lane carries the table from now on; of key lanes, the first. */
    public void joinLane(Connection destination, TableId table, LaneId lane) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(JOIN_LANE)) {
            statement.setString(1, lane.name());
            keyed(statement, 2, table).executeUpdate();
        }
    }

    /** Whether changes of the table stand in quarantine. */
    public boolean hasQuarantined(Connection destination, TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(HAS_QUARANTINED)) {
            keyed(statement, 1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** The table equals the source as the snapshot saw it: its changes begin there. */
    public void merged(Connection destination, TableId table, SourceSnapshot snapshot)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(MERGED)) {
            statement.setString(1, Stage.CATCHING_UP.label());
            statement.setString(2, snapshot.toString());
            statement.setString(3, snapshot.toString());
            statement.setString(4, snapshot.horizon().toString());
            keyed(statement, 5, table).executeUpdate();
        }
    }

    /** Forgets how far a lane has come. */
    public void forgetProgress(Connection destination, LaneId lane) throws SQLException {
        forgetProgress(destination, List.of(lane));
    }

    /** Forgets how far lanes have come. */
    public void forgetProgress(Connection destination, Collection<LaneId> lanes)
            throws SQLException {
        if (lanes.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = destination.prepareStatement(FORGET_PROGRESS)) {
            statement.setString(1, pipeline);
            TextArrays.set(statement, 2, lanes, LaneId::name);
            statement.executeUpdate();
        }
    }

    /** Forgets a lane that carries no table any more, with all key lanes beside it. */
    public void forgetLane(Connection destination, LaneId lane) throws SQLException {
        int hash = lane.name().lastIndexOf('#');
        if (hash < 0) {
            forgetProgress(destination, lane);
            return;
        }
        try (PreparedStatement statement = destination.prepareStatement(FORGET_KEY_LANES)) {
            statement.setString(1, pipeline);
            statement.setString(2, lane.name().substring(0, hash + 1));
            statement.executeUpdate();
        }
    }

    private PreparedStatement keyed(PreparedStatement statement, int first, TableId table)
            throws SQLException {
        statement.setString(first, pipeline);
        statement.setString(first + 1, table.namespace());
        statement.setString(first + 2, table.name());
        return statement;
    }

    /** How far a table has come, as far as it must survive a restart. */
    public enum Stage {
        /** Its copy has not begun. */
        WAITING,
        /** Its copy has begun. */
        COPYING,
        /** Copied or merged; what happened meanwhile is being applied. */
        CATCHING_UP,
        /** Nothing special. */
        STREAMING,
        /** Must be made equal to the source by a diff-merge before it goes on. */
        MERGING,
        /** Held by an administrator. */
        PAUSED,
        /** No longer replicated; what it holds is from then. */
        LEFT_OUT;

        /** Whether rows of ours may be there that rely on changes from then on. */
        public boolean hasRows() {
            return this != WAITING && this != LEFT_OUT;
        }

        /** The word in the table. */
        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * What is remembered of one table.
     *
     * @param oldest snapshot of its copy's first chunk; null while there is none
     * @param newest snapshot of its copy's last chunk
     * @param needsMerge some rows of it could not be completed
     */
    public record Registered(
            LaneId lane,
            Track track,
            Stage stage,
            boolean createdHere,
            @Nullable SourceSnapshot oldest,
            @Nullable SourceSnapshot newest,
            boolean needsMerge,
            @Nullable String message) {}
}
