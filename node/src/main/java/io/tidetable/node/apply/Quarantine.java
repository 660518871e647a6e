package io.tidetable.node.apply;

import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The changes that one destination refused, as its operators see them: by rows. The changes of a
 * row stand in a chain and are retried or discarded together, in order. A lane that applies a batch
 * meanwhile notices, and does that batch again.
 *
 * <p>Uses one connection in autocommit mode; not thread-safe.
 */
public final class Quarantine {
    private static final String LIST =
            """
            SELECT id, lane, chain, row_key, kind, lsn::text, xid, ordinal, sqlstate, reason,
                quarantined_at
            FROM tidetable.quarantine WHERE pipeline = ? AND namespace = ? AND name = ?
            ORDER BY id LIMIT ?
            """;

    private static final String COUNT =
            """
            SELECT namespace, name, count(*) FROM tidetable.quarantine WHERE pipeline = ?
            GROUP BY namespace, name ORDER BY namespace, name
            """;

    private static final String LANES =
            """
            SELECT DISTINCT lane FROM tidetable.quarantine
            WHERE pipeline = ? AND namespace = ? AND name = ? AND chain = ? ORDER BY lane
            """;

    /** Holds up the lane's next commit, and makes it fail once the chain is gone. */
    private static final String HOLD_LANE =
            """
            SELECT epoch FROM tidetable.progress WHERE pipeline = ? AND lane = ? FOR UPDATE
            """;

    private static final String RAISE_REVISION =
            """
            UPDATE tidetable.progress SET quarantine_revision = quarantine_revision + 1
            WHERE pipeline = ? AND lane = ?
            """;

    private static final String CHAIN =
            """
            SELECT id, kind, lsn::text, xid, ordinal, shape, image FROM tidetable.quarantine
            WHERE pipeline = ? AND lane = ? AND namespace = ? AND name = ? AND chain = ?
            ORDER BY id
            """;

    private static final String REASON =
            "UPDATE tidetable.quarantine SET sqlstate = ?, reason = ? WHERE id = ?";

    private static final String DELETE =
            """
            DELETE FROM tidetable.quarantine
            WHERE pipeline = ? AND lane = ? AND namespace = ? AND name = ? AND chain = ?
            """;

    private static final String SETTLE =
            """
            WITH settled AS (
                DELETE FROM tidetable.quarantine
                WHERE pipeline = ? AND namespace = ? AND name = ?
                RETURNING pipeline, lane)
            UPDATE tidetable.progress p SET quarantine_revision = quarantine_revision + 1
            FROM (SELECT DISTINCT pipeline, lane FROM settled) s
            WHERE p.pipeline = s.pipeline AND p.lane = s.lane
            """;

    private static final String NEEDS_MERGE =
            """
            UPDATE tidetable.replicated_table SET needs_merge = true, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private final Connection connection;
    private final String pipeline;
    private final Session session;

    /**
     * The quarantine of one pipeline at one destination.
     *
     * @param connection of {@link io.tidetable.node.postgres.Database#connect}, in autocommit mode
     */
    public Quarantine(
            Connection connection, String pipeline, ApplySettings settings, SourceTypes types) {
        this.connection = connection;
        this.pipeline = pipeline;
        this.session = Session.on(connection, settings, types);
    }

    /**
     * A change in quarantine.
     *
     * @param chain names the row's changes as a whole
     * @param row the key under which this change addresses it
     * @param sqlState why the destination refused it; null where it only follows one that was
     */
    public record Entry(
            long id,
            LaneId lane,
            TableId table,
            String chain,
            String row,
            ChangeKind kind,
            Position position,
            long ordinal,
            @Nullable String sqlState,
            String reason,
            Instant quarantinedAt) {}

    /**
     * What a retry came to.
     *
     * @param applied changes that were written; 0 where one of them failed again
     * @param conflicts those of them that found no row to change
     * @param failure why one failed again; null where none did
     */
    public record Retried(long applied, long conflicts, @Nullable String failure) {}

    /** A table's entries, oldest first. */
    public List<Entry> list(TableId table, int limit) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(LIST)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.setInt(4, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    entries.add(
                            new Entry(
                                    row.getLong(1),
                                    new LaneId(row.getString(2)),
                                    table,
                                    row.getString(3),
                                    row.getString(4),
                                    ChangeKind.valueOf(row.getString(5)),
                                    new Position(Lsn.parse(row.getString(6)), row.getLong(7)),
                                    row.getLong(8),
                                    row.getString(9),
                                    row.getString(10),
                                    row.getTimestamp(11).toInstant()));
                }
            }
        }
        return entries;
    }

    /** How many changes of each table are in quarantine; tables without any are left out. */
    public Map<TableId, Long> counts() throws SQLException {
        Map<TableId, Long> counts = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(COUNT)) {
            statement.setString(1, pipeline);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    counts.put(new TableId(row.getString(1), row.getString(2)), row.getLong(3));
                }
            }
        }
        return counts;
    }

    /**
     * Writes a row's changes, in order; where one fails again, none of them is written and all stay
     * in quarantine.
     */
    public Retried retry(TableId table, String chain) throws SQLException {
        silenceTriggers();
        return inTransaction(() -> retried(table, chain));
    }

    /**
     * Gives a row's changes up. Its table is noted as one that must be merged from the source.
     *
     * @return how many
     */
    public long discard(TableId table, String chain) throws SQLException {
        return inTransaction(() -> {
            long gone = 0;
            for (LaneId lane : hold(table, chain)) {
                gone += delete(lane, table, chain);
            }
            if (gone > 0) {
                needsMerge(table);
            }
            return gone;
        });
    }

    /**
     * Removes all changes of a table: it was made equal to a source that holds them, so that later
     * ones of the same rows have nothing to wait for.
     *
     * @param destination within the caller's transaction, which makes it equal
     */
    public static void settle(Connection destination, String pipeline, TableId table)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(SETTLE)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.executeUpdate();
        }
    }

    private Retried retried(TableId table, String chain) throws SQLException {
        Tally tally = new Tally();
        long applied = 0;
        for (LaneId lane : hold(table, chain)) {
            RowSender sender = new RowSender(connection, tally);
            OrderedWriter ordered = new OrderedWriter(sender);
            for (Chained change : chained(lane, table, chain)) {
                try {
                    session.inSavepoint(() -> {
                        ordered.write(change.read(session.planner()), ApplyMode.NORMAL);
                        sender.flush();
                        session.execute("SET CONSTRAINTS ALL IMMEDIATE");
                    });
                } catch (SQLException e) {
                    sender.discard();
                    if (SqlFault.of(e) != SqlFault.ROW) {
                        throw e;
                    }
                    connection.rollback();
                    String reason = SqlFault.messageAndDetail(e);
                    reason(change.id(), e.getSQLState(), reason);
                    return new Retried(0, 0, reason);
                }
                applied++;
            }
            delete(lane, table, chain);
        }
        if (!tally.needsMerge().isEmpty()) {
            needsMerge(table);
        }
        return new Retried(applied, tally.conflictsOf(table), null);
    }

    /** A change as the quarantine keeps it. */
    private record Chained(
            long id,
            TableId table,
            ChangeKind kind,
            Position position,
            long ordinal,
            String shape,
            ByteBuffer image) {
        RowChange read(TablePlanner planner) throws SQLException {
            return RowChange.read(
                    new TupleReader(),
                    planner.plan(ShapeText.read(table, shape)),
                    kind,
                    position,
                    ordinal,
                    image);
        }
    }

    private List<Chained> chained(LaneId lane, TableId table, String chain) throws SQLException {
        List<Chained> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(CHAIN)) {
            name(statement, lane, table, chain);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(
                            new Chained(
                                    row.getLong(1),
                                    table,
                                    ChangeKind.valueOf(row.getString(2)),
                                    new Position(Lsn.parse(row.getString(3)), row.getLong(4)),
                                    row.getLong(5),
                                    row.getString(6),
                                    ByteBuffer.wrap(row.getBytes(7))));
                }
            }
        }
        return found;
    }

    /** The lanes that have changes in the chain, held so that none of them commits meanwhile. */
    private List<LaneId> hold(TableId table, String chain) throws SQLException {
        List<LaneId> lanes = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(LANES)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.setString(4, chain);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    lanes.add(new LaneId(row.getString(1)));
                }
            }
        }
        for (LaneId lane : lanes) {
            try (PreparedStatement statement = connection.prepareStatement(HOLD_LANE)) {
                statement.setString(1, pipeline);
                statement.setString(2, lane.name());
                statement.execute();
            }
        }
        return lanes;
    }

    private long delete(LaneId lane, TableId table, String chain) throws SQLException {
        long gone;
        try (PreparedStatement statement = connection.prepareStatement(DELETE)) {
            name(statement, lane, table, chain);
            gone = statement.executeLargeUpdate();
        }
        try (PreparedStatement statement = connection.prepareStatement(RAISE_REVISION)) {
            statement.setString(1, pipeline);
            statement.setString(2, lane.name());
            statement.executeUpdate();
        }
        return gone;
    }

    private void name(PreparedStatement statement, LaneId lane, TableId table, String chain)
            throws SQLException {
        statement.setString(1, pipeline);
        statement.setString(2, lane.name());
        statement.setString(3, table.namespace());
        statement.setString(4, table.name());
        statement.setString(5, chain);
    }

    private void needsMerge(TableId table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NEEDS_MERGE)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.executeUpdate();
        }
    }

    private void reason(long id, @Nullable String sqlState, String reason) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(REASON)) {
            statement.setString(1, sqlState);
            statement.setString(2, reason);
            statement.setLong(3, id);
            statement.executeUpdate();
        }
    }

    private void silenceTriggers() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET session_replication_role = replica");
        } catch (SQLException e) {
            if (!"42501".equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    /** Work that has a result. */
    @FunctionalInterface
    private interface Work<T> {
        T run() throws SQLException;
    }

    private <T> T inTransaction(Work<T> work) throws SQLException {
        connection.setAutoCommit(false);
        try {
            session.planner().forgetAll();
            T result = work.run();
            connection.commit();
            return result;
        } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }
}
