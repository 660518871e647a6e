package io.tidetable.node.copy;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.postgres.SourceSnapshot;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the destination knows about the first copy of one table: its attempt, its chunks, the
 * snapshots they were read under. Methods work within the caller's transaction.
 *
 * @param pipeline whose copy it is
 * @param table the table's name at the source
 */
record CopyLedger(String pipeline, TableId table) {
    private static final String STATE =
            """
            SELECT copy_attempt, copy_owner, copied_columns, oldest_snapshot, newest_snapshot,
                newest_horizon::text AS newest_horizon
            FROM tidetable.replicated_table WHERE pipeline = ? AND namespace = ? AND name = ?
            FOR UPDATE
            """;

    private static final String TAKE_OVER =
            """
            UPDATE tidetable.replicated_table SET copy_owner = copy_owner + 1
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String CHUNKS =
            """
            SELECT attempt, number, relation, relation_file, first_block, end_block,
                estimated_bytes, estimated_rows, done_snapshot IS NOT NULL AS done, rows, bytes
            FROM tidetable.chunk WHERE pipeline = ? AND namespace = ? AND name = ?
            ORDER BY number
            """;

    private static final String ADD_CHUNK =
            """
            INSERT INTO tidetable.chunk (pipeline, namespace, name, attempt, number, relation,
                relation_file, first_block, end_block, estimated_bytes, estimated_rows)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """;

    private static final String FORGET_CHUNKS =
            "DELETE FROM tidetable.chunk WHERE pipeline = ? AND namespace = ? AND name = ?";

    private static final String BEGIN_ATTEMPT =
            """
            UPDATE tidetable.replicated_table SET copy_attempt = copy_attempt + 1,
                copied_columns = NULL, oldest_snapshot = NULL, newest_snapshot = NULL,
                newest_horizon = NULL, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String RECORD_COLUMNS =
            """
            UPDATE tidetable.replicated_table SET copied_columns = ?
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String RECORD_SNAPSHOT =
            """
            UPDATE tidetable.replicated_table SET oldest_snapshot = coalesce(oldest_snapshot, ?),
                newest_snapshot = ?, newest_horizon = greatest(newest_horizon, ?::pg_lsn),
                changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String IS_OPEN =
            """
            SELECT 1 FROM tidetable.chunk WHERE pipeline = ? AND namespace = ? AND name = ?
                AND number = ? AND attempt = ? AND done_snapshot IS NULL
            """;

    private static final String MARK_DONE =
            """
            UPDATE tidetable.chunk SET done_snapshot = ?, rows = ?, bytes = ?
            WHERE pipeline = ? AND namespace = ? AND name = ?
                AND number = ? AND attempt = ? AND done_snapshot IS NULL
            """;

    /**
     * What {@code tidetable.replicated_table} says.
     *
     * @param owner rises with each process that takes the copy over
     * @param columns what travels in this attempt, null before it was planned
     * @param oldest with the newest horizon, which is an upper bound of its own
     */
    record State(
            int attempt,
            long owner,
            @Nullable String columns,
            @Nullable SourceSnapshot oldest,
            @Nullable SourceSnapshot newest) {}

    /** Reads the state and keeps others from changing it until the transaction ends. */
    State lock(Connection destination) throws SQLException {
        try (PreparedStatement statement = prepare(destination, STATE, 1);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new TidetableException(
                        "TT-505",
                        ("table %s is not registered at the destination for pipeline %s, so its copy has"
                                        + " nowhere to note its progress; register it first")
                                .formatted(table, pipeline));
            }
            String horizon = row.getString("newest_horizon");
            Lsn newest = horizon == null ? Lsn.ZERO : Lsn.parse(horizon);
            return new State(
                    row.getInt("copy_attempt"),
                    row.getLong("copy_owner"),
                    row.getString("copied_columns"),
                    snapshot(row.getString("oldest_snapshot"), newest),
                    snapshot(row.getString("newest_snapshot"), newest));
        }
    }

    private static @Nullable SourceSnapshot snapshot(@Nullable String text, Lsn horizon) {
        return text == null ? null : SourceSnapshot.parse(text, horizon);
    }

    List<CopyChunk> chunks(Connection destination) throws SQLException {
        List<CopyChunk> chunks = new ArrayList<>();
        try (PreparedStatement statement = prepare(destination, CHUNKS, 1);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                chunks.add(
                        new CopyChunk(
                                row.getInt("attempt"),
                                row.getInt("number"),
                                row.getString("relation"),
                                row.getLong("relation_file"),
                                row.getLong("first_block"),
                                row.getObject("end_block", Long.class),
                                row.getLong("estimated_bytes"),
                                row.getLong("estimated_rows"),
                                row.getBoolean("done")
                                        ? new CopyChunk.Done(
                                                row.getLong("rows"), row.getLong("bytes"))
                                        : null));
            }
        }
        return chunks;
    }

    void add(Connection destination, List<CopyChunk> chunks) throws SQLException {
        try (PreparedStatement statement = prepare(destination, ADD_CHUNK, 1)) {
            for (CopyChunk chunk : chunks) {
                statement.setInt(4, chunk.attempt());
                statement.setInt(5, chunk.number());
                statement.setString(6, chunk.relation());
                statement.setLong(7, chunk.relationFile());
                statement.setLong(8, chunk.firstBlock());
                statement.setObject(9, chunk.endBlock(), java.sql.Types.BIGINT);
                statement.setLong(10, chunk.estimatedBytes());
                statement.setLong(11, chunk.estimatedRows());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    void recordColumns(Connection destination, String signature) throws SQLException {
        try (PreparedStatement statement = prepare(destination, RECORD_COLUMNS, 2)) {
            statement.setString(1, signature);
            statement.executeUpdate();
        }
    }

    /** Makes the caller the copy's owner: earlier ones may not change its state any more. */
    State takeOver(Connection destination) throws SQLException {
        try (PreparedStatement statement = prepare(destination, TAKE_OVER, 1)) {
            statement.executeUpdate();
        }
        return lock(destination);
    }

    /**
     * Notes a snapshot before anything is read under it.
     *
     * @param state of the copy, locked
     * @return false when the snapshot was taken before the attempt's oldest one: nothing may be
     *     copied under it
     */
    boolean recordSnapshot(Connection destination, State state, SourceSnapshot snapshot)
            throws SQLException {
        if (state.oldest() != null && !seesAllOf(snapshot, state.oldest())) {
            return false;
        }
        try (PreparedStatement statement = prepare(destination, RECORD_SNAPSHOT, 4)) {
            statement.setString(1, snapshot.toString());
            statement.setString(2, snapshot.toString());
            statement.setString(3, snapshot.horizon().toString());
            statement.executeUpdate();
        }
        return true;
    }

    /** Whether every transaction that one snapshot sees is seen by another. */
    static boolean seesAllOf(SourceSnapshot later, SourceSnapshot earlier) {
        return later.xmax() >= earlier.xmax()
                && later.xmin() >= earlier.xmin()
                && later.running().stream().noneMatch(earlier::sees);
    }

    boolean isOpen(Connection destination, CopyChunk chunk) throws SQLException {
        try (PreparedStatement statement = prepare(destination, IS_OPEN, 1)) {
            statement.setInt(4, chunk.number());
            statement.setInt(5, chunk.attempt());
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Marks a chunk; false when it is no longer to be copied and its rows must not stay. */
    boolean markDone(
            Connection destination, CopyChunk chunk, SourceSnapshot snapshot, long rows, long bytes)
            throws SQLException {
        try (PreparedStatement statement = prepare(destination, MARK_DONE, 4)) {
            statement.setString(1, snapshot.toString());
            statement.setLong(2, rows);
            statement.setLong(3, bytes);
            statement.setInt(7, chunk.number());
            statement.setInt(8, chunk.attempt());
            return statement.executeUpdate() == 1;
        }
    }

    /**
     * Begins the copy anew: from here on no chunk of an earlier attempt can be marked. The rows are
     * to be removed after this, in the same transaction.
     */
    void beginAttempt(Connection destination) throws SQLException {
        try (PreparedStatement forget = prepare(destination, FORGET_CHUNKS, 1);
                PreparedStatement begin = prepare(destination, BEGIN_ATTEMPT, 1)) {
            forget.executeUpdate();
            begin.executeUpdate();
        }
    }

    /** Removes all rows of the destination's table, by TRUNCATE where that can be had soon. */
    static void clear(Connection destination, TableId target) throws SQLException {
        java.sql.Savepoint before = destination.setSavepoint();
        try (Statement statement = destination.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = '2s'");
            statement.execute("TRUNCATE " + target.quoted());
            statement.execute("SET LOCAL lock_timeout = 0");
        } catch (SQLException e) {
            destination.rollback(before);
            try (Statement statement = destination.createStatement()) {
                statement.execute("DELETE FROM " + target.quoted());
            }
        }
    }

    private PreparedStatement prepare(Connection connection, String sql, int first)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            statement.setString(first, pipeline);
            statement.setString(first + 1, table.namespace());
            statement.setString(first + 2, table.name());
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }
}
