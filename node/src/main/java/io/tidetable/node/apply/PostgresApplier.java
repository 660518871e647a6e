package io.tidetable.node.apply;

import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.TransactionPart;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes batches of any lane to one PostgreSQL destination over one connection of its own: rows and
 * progress in one transaction, or nothing. Remembers nothing that the destination would have to
 * agree with, except the shapes of its tables. Not thread-safe.
 *
 * <p>After an exception nothing of the batch is written, but for one case: where the connection was
 * lost at the commit, only the destination knows. Then {@link #isBroken}, and the caller makes a
 * new applier and reads the lane's progress again.
 */
public final class PostgresApplier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresApplier.class);

    /** How long a statement waits for a lock of somebody else before its batch is put off. */
    static final Duration LOCK_PATIENCE = Duration.ofSeconds(30);

    /** Batches of a lane that go one change at a time after one that had to. */
    private static final int ORDERED_BATCHES = 10;

    private final Connection connection;
    private final ApplySettings settings;
    private final Faults faults;
    private final Session session;
    private final Map<LaneId, Integer> orderlyLanes = new HashMap<>();
    private boolean replicaRole;
    private boolean broken;

    /**
     * An applier that is yet to be started.
     *
     * @param connection of {@link io.tidetable.node.postgres.Database#connect}; the applier's alone
     *     from now on, closed with it
     */
    public PostgresApplier(
            Connection connection, ApplySettings settings, SourceTypes types, Faults faults) {
        this.connection = connection;
        this.settings = settings;
        this.faults = faults;
        this.session = Session.on(connection, settings, types);
    }

    /** Prepares the session; to be called once, before the first batch. */
    public PostgresApplier start() throws SQLException {
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "SET synchronous_commit = " + (settings.synchronousCommit() ? "on" : "off"));
            statement.execute("SET jit = off");
            // A plan made while a table was small must not read all of it once it has grown.
            statement.execute("SET enable_seqscan = off");
            statement.execute("SET lock_timeout = " + LOCK_PATIENCE.toMillis());
            try {
                statement.execute("SET session_replication_role = replica");
                replicaRole = true;
            } catch (SQLException e) {
                if (!"42501".equals(e.getSQLState())) {
                    throw e;
                }
                replicaRole = false;
            }
        }
        connection.setAutoCommit(false);
        return this;
    }

    /**
     * Whether triggers and foreign keys of the destination stay silent while it writes, as they
     * should; the role needs the right to set session_replication_role.
     */
    public boolean hasReplicaRole() {
        return replicaRole;
    }

    /** Whether the connection is lost or cannot be trusted: only {@link #close} is of use then. */
    public boolean isBroken() {
        return broken;
    }

    /**
     * How far a lane is at the destination, as this session sees it: what it says holds for as long
     * as the session lives, because a crash of the destination ends both.
     */
    public Optional<Progress> readProgress(String pipeline, LaneId lane) throws SQLException {
        try {
            return ProgressStore.read(connection, pipeline, lane);
        } finally {
            rollback();
        }
    }

    /** The connection, for statements of the same session between batches. */
    Session session() {
        return session;
    }

    Faults faults() {
        return faults;
    }

    /**
     * Applies a batch in one destination transaction.
     *
     * @throws FencedException when the destination's progress is not the one expected
     * @throws RetryableApplyException when it may succeed later
     * @throws ShapeMismatchException when a table's columns do not fit
     * @throws TableApplyException when a table cannot be written at all
     */
    public Applied apply(LaneBatch batch) {
        return apply(batch, null, () -> {});
    }

    /**
     * Applies a batch as {@link #apply(LaneBatch)} does, with what was made of its transactions
     * before.
     *
     * @param packed used where it fits; null where there is nothing
     * @param writing run when the destination is about to be busy with the batch's rows, perhaps
     *     more than once, perhaps never; must not throw
     */
    public Applied apply(LaneBatch batch, @Nullable PackedBatch packed, Runnable writing) {
        requireUsable();
        faults.reach(FaultPoint.BATCH_READ);
        if (goesInOrder(batch.expected().lane())) {
            return apply(batch, true, orderly(batch));
        }
        return apply(
                batch,
                false,
                (tally, chains, quarantine) ->
                        new FoldedBatch(session, batch.mode(), tally, chains, quarantine)
                                .apply(batch.parts(), packed, writing));
    }

    /** How it writes rows of these shapes, as far as it has looked at their tables before. */
    public PackedBatch.Plans knownPlans(Collection<TableShape> shapes) {
        return PackedBatch.known(session.planner(), shapes);
    }

    /**
     * Begins to apply one transaction that is too large for a batch, in slices that take turns with
     * other batches of this applier. Nothing of it is visible before its own {@link
     * StagedTransaction#apply}.
     */
    public StagedTransaction stage(Progress expected, TransactionPart part, ApplyMode mode) {
        requireUsable();
        return new StagedTransaction(this, expected, part, mode);
    }

    void requireUsable() {
        if (broken) {
            throw new IllegalStateException("a broken applier can only be closed");
        }
    }

    Applied apply(LaneBatch batch, boolean inOrder, Rows rows) {
        try {
            return inTransaction(batch, inOrder, rows);
        } catch (SQLException e) {
            return again(batch, inOrder, rows, e);
        } catch (RuntimeException | Error e) {
            rollback();
            throw e;
        }
    }

    private Applied again(LaneBatch batch, boolean inOrder, Rows rows, SQLException error) {
        rollback();
        try {
            if (!broken && SqlFault.of(error) == SqlFault.ROW) {
                session.planner().forgetAll();
                LOG.debug("lane {}: one change at a time", batch.expected().lane(), error);
                return ordered(batch);
            }
            if (!broken && SqlFault.tellsOfChangedTable(error)) {
                session.planner().forgetAll();
                return inTransaction(batch, inOrder, rows);
            }
        } catch (SQLException e) {
            rollback();
            throw failure(batch.expected().lane(), batch.parts(), e);
        } catch (RuntimeException | Error e) {
            rollback();
            throw e;
        }
        throw failure(batch.expected().lane(), batch.parts(), error);
    }

    /**
     * Whether the lane's last batches depended on the order of their changes, although each of them
     * could be written: unique values that move between rows, say. Their like often come again.
     */
    private boolean goesInOrder(LaneId lane) {
        return orderlyLanes.computeIfPresent(lane, (_, left) -> left > 1 ? left - 1 : null) != null;
    }

    private Rows orderly(LaneBatch batch) {
        return (tally, chains, quarantine) ->
                new OrderedBatch(session, batch.mode(), tally, chains, quarantine)
                        .apply(batch.parts());
    }

    /** One change at a time, with quarantine for what the destination refuses. */
    private Applied ordered(LaneBatch batch) throws SQLException {
        Applied applied = inTransaction(batch, true, orderly(batch));
        if (applied.quarantined().isEmpty()) {
            orderlyLanes.put(batch.expected().lane(), ORDERED_BATCHES);
        }
        return applied;
    }

    /** The rows of a batch. */
    @FunctionalInterface
    interface Rows {
        /** Writes them and says whether the lane's quarantine changed. */
        boolean write(Tally tally, QuarantineChains chains, QuarantineWriter quarantine)
                throws SQLException;
    }

    private Applied inTransaction(LaneBatch batch, boolean replayed, Rows rows)
            throws SQLException {
        Progress expected = batch.expected();
        LaneTransaction transaction = new LaneTransaction(session, faults, expected);
        Tally tally = new Tally();
        transaction.begin();
        QuarantineWriter quarantine =
                new QuarantineWriter(connection, expected.pipeline(), expected.lane());
        QuarantineChains chains =
                expected.quarantineRevision() == 0 ? new QuarantineChains() : quarantine.load();
        boolean quarantineChanged = rows.write(tally, chains, quarantine);
        Progress next =
                transaction.commit(
                        batch.upTo(),
                        committedAt(batch.parts()),
                        quarantineChanged,
                        tally.needsMerge());
        return tally.applied(next, replayed);
    }

    private static @Nullable Instant committedAt(List<TransactionPart> parts) {
        return parts.isEmpty() ? null : parts.getLast().committedAt();
    }

    /** Undoes what is open; a session in which that fails is broken. */
    void rollback() {
        try {
            session.rollback();
        } catch (SQLException e) {
            broken = true;
            LOG.debug("could not roll back", e);
        }
    }

    /** What an error of the destination means to the caller. */
    RuntimeException failure(LaneId lane, List<TransactionPart> parts, SQLException error) {
        return switch (SqlFault.of(error)) {
            case CONNECTION -> {
                broken = true;
                yield new RetryableApplyException(
                        "TT-452",
                        ("the connection to the destination was lost while lane %s was written: %s;"
                                        + " its progress is read again before anything else is done")
                                .formatted(lane, SqlFault.message(error)),
                        error);
            }
            case RETRY ->
                    new RetryableApplyException(
                            "TT-451",
                            "the destination cannot take changes of lane %s now: %s; it is tried again"
                                    .formatted(lane, SqlFault.message(error)),
                            error);
            case ROW, TABLE -> {
                session.planner().forgetAll();
                yield new TableApplyException(
                        "TT-453",
                        tables(parts),
                        "the destination refuses changes of lane %s: %s; the lane waits"
                                .formatted(lane, SqlFault.message(error)),
                        error);
            }
        };
    }

    private static Set<TableId> tables(List<TransactionPart> parts) {
        Set<TableId> tables = new HashSet<>();
        for (TransactionPart part : parts) {
            var changes = part.changes();
            while (changes.next()) {
                tables.add(changes.shape().table());
            }
        }
        return tables;
    }

    /** Makes it look again at a table of the destination before it next writes to it. */
    public void forget(TableId table) {
        session.planner().forget(table);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("could not close a connection", e);
        }
    }
}
