package io.tidetable.node.apply;

import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * One destination transaction of a lane: it begins with the lane's lock, which lets a new owner
 * find it, and ends with the progress, which fails where somebody else has moved it meanwhile.
 */
final class LaneTransaction {
    private static final String MOVE =
            """
            UPDATE tidetable.progress
            SET lsn = ?::pg_lsn, xid = ?, quarantine_revision = ?,
                source_committed_at = coalesce(?, source_committed_at),
                applied_at = clock_timestamp()
            WHERE pipeline = ? AND lane = ? AND epoch = ? AND system_id = ? AND timeline = ?
                AND lsn = ?::pg_lsn AND xid = ? AND quarantine_revision = ?
            """;

    private static final String NEEDS_MERGE =
            """
            UPDATE tidetable.replicated_table SET needs_merge = true, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ? AND NOT needs_merge
            """;

    private static final String FOUND =
            """
            SELECT epoch, lsn::text, xid, quarantine_revision
            FROM tidetable.progress WHERE pipeline = ? AND lane = ?
            """;

    private final Session session;
    private final Faults faults;
    private final Progress expected;

    LaneTransaction(Session session, Faults faults, Progress expected) {
        this.session = session;
        this.faults = faults;
        this.expected = expected;
    }

    void begin() throws SQLException {
        try (PreparedStatement statement = session.connection().prepareStatement(LaneLock.SHARE)) {
            statement.setString(1, LaneLock.key(expected.pipeline(), expected.lane()));
            statement.execute();
        }
    }

    /**
     * Writes the progress and commits.
     *
     * @param committedAt when the source committed the last transaction; null where there was none
     * @throws FencedException when the destination does not hold the progress expected; all is
     *     rolled back
     */
    Progress commit(
            Position reached,
            @Nullable Instant committedAt,
            boolean quarantineChanged,
            Iterable<TableId> needMerge)
            throws SQLException {
        for (TableId table : needMerge) {
            needsMerge(table);
        }
        faults.reach(FaultPoint.BATCH_WRITTEN);
        Progress next =
                expected.after(
                        reached, expected.quarantineRevision() + (quarantineChanged ? 1 : 0));
        if (!move(next, committedAt)) {
            session.rollback();
            FencedException fenced = fenced();
            session.rollback();
            throw fenced;
        }
        session.commit();
        faults.reach(FaultPoint.BATCH_COMMITTED);
        return next;
    }

    private boolean move(Progress next, @Nullable Instant committedAt) throws SQLException {
        try (PreparedStatement statement = session.connection().prepareStatement(MOVE)) {
            statement.setString(1, next.position().commitEnd().toString());
            statement.setLong(2, next.position().xid());
            statement.setLong(3, next.quarantineRevision());
            statement.setObject(
                    4,
                    committedAt == null ? null : committedAt.atOffset(ZoneOffset.UTC),
                    java.sql.Types.TIMESTAMP_WITH_TIMEZONE);
            statement.setString(5, expected.pipeline());
            statement.setString(6, expected.lane().name());
            statement.setLong(7, expected.epoch());
            statement.setLong(8, expected.source().systemId());
            statement.setInt(9, expected.source().timeline());
            statement.setString(10, expected.position().commitEnd().toString());
            statement.setLong(11, expected.position().xid());
            statement.setLong(12, expected.quarantineRevision());
            return statement.executeUpdate() == 1;
        }
    }

    private void needsMerge(TableId table) throws SQLException {
        try (PreparedStatement statement = session.connection().prepareStatement(NEEDS_MERGE)) {
            statement.setString(1, expected.pipeline());
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.executeUpdate();
        }
    }

    private FencedException fenced() throws SQLException {
        try (PreparedStatement statement = session.connection().prepareStatement(FOUND)) {
            statement.setString(1, expected.pipeline());
            statement.setString(2, expected.lane().name());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return new FencedException(expected, "nothing", true);
                }
                return new FencedException(
                        expected,
                        "epoch %d at %s (transaction %d), quarantine revision %d"
                                .formatted(
                                        row.getLong(1),
                                        row.getString(2),
                                        row.getLong(3),
                                        row.getLong(4)),
                        row.getLong(1) != expected.epoch());
            }
        }
    }
}
