package io.tidetable.node.pipeline;

import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Applied;
import io.tidetable.node.apply.ApplyMode;
import io.tidetable.node.apply.FencedException;
import io.tidetable.node.apply.LaneBatch;
import io.tidetable.node.apply.PackedBatch;
import io.tidetable.node.apply.PostgresApplier;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.apply.RetryableApplyException;
import io.tidetable.node.apply.StagedTransaction;
import io.tidetable.node.apply.TableApplyException;
import io.tidetable.node.catalog.Evolution;
import io.tidetable.node.catalog.ShapeEvolution;
import io.tidetable.node.catalog.ShapePolicy;
import io.tidetable.node.journal.JournalGapException;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.postgres.SpareSessions;
import io.tidetable.node.types.ReferenceLookupException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes one lane a batch further, over the connections of one applier. */
final class LaneWorker {
    private static final Logger LOG = LoggerFactory.getLogger(LaneWorker.class);

    /** How long a change of a table waits for its readers before it is tried again. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);

    /**
     * Where changes come so fast that a batch of one turn has many, the next one is given a moment
     * to gather: each batch costs both sides some round trips, however few its rows are. The
     * further behind the lane is, the longer the moment: a twentieth of its delay is not felt.
     */
    private static final int MANY_CHANGES = 32;

    private static final long LARGE_BATCH_BYTES = 4_000_000;
    private static final long LEAST_GATHER_MILLIS = 5;
    private static final long MOST_GATHER_MILLIS = 100;
    private static final int GATHER_PART_OF_DELAY = 20;

    /** The applier's code for a session that is gone. */
    private static final String CONNECTION_LOST = "TT-452";

    private final DestinationContext context;
    private final ApplierSession session;
    private final LaneControl lanes;
    private final AbsentParts absent;

    LaneWorker(DestinationContext context, ApplierSession session, LaneControl lanes) {
        this.context = context;
        this.session = session;
        this.lanes = lanes;
        absent = new AbsentParts(context);
    }

    Work.Outcome step(Lane lane) throws InterruptedException {
        if (!lane.runnable()) {
            // Whoever holds it for long, as a merge does, must not hold an applier besides.
            return Work.Outcome.NOTHING;
        }
        lane.lock();
        try {
            if (!lane.runnable()) {
                context.health().succeeded(work(lane));
                return Work.Outcome.NOTHING;
            }
            if (context.isDistrusted()) {
                return Work.Outcome.retryAfter(20);
            }
            return apply(lane);
        } catch (FencedException e) {
            giveUp(lane);
            if (e.ownerChanged()) {
                fail(lane, e.line());
                return Work.Outcome.NOTHING;
            }
            LOG.warn("{}", e.line());
            return Work.Outcome.retryAfter(100);
        } catch (TableApplyException e) {
            AbsentParts.Attempt attempt = AbsentParts.Attempt.of(lane, e);
            giveUp(lane);
            return switch (lookForMissing(attempt, lane, e)) {
                case AbsentParts.Answer.MaybeThere() -> Work.Outcome.retryAfter(1);
                case AbsentParts.Answer.Unknown(String why) -> tryLater(lane, why, null);
                case AbsentParts.Answer.Absent() -> {
                    context.health().succeeded(work(lane));
                    e.tables().forEach(table -> fail(lane, table, e.line()));
                    yield Work.Outcome.NOTHING;
                }
            };
        } catch (JournalGapException e) {
            giveUp(lane);
            lanes.mergeAll(lane, e.line());
            return Work.Outcome.NOTHING;
        } catch (RetryableApplyException e) {
            if (e.code().equals(CONNECTION_LOST)) {
                context.distrust();
            }
            return tryLater(lane, e.line(), e);
        } catch (TidetableException e) {
            giveUp(lane);
            fail(lane, e.line());
            return Work.Outcome.NOTHING;
        } catch (SQLException e) {
            session.breakConnections();
            context.distrust();
            return tryLater(lane, "TT-401 the destination failed: " + e.getMessage(), e);
        } catch (ReferenceLookupException e) {
            return tryLater(
                    lane, "TT-445 what a value refers to is not known: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            // A defect, wherever it struck: what is remembered may be half of something.
            giveUp(lane);
            throw e;
        } finally {
            lane.unlock();
        }
    }

    private AbsentParts.Answer lookForMissing(
            AbsentParts.Attempt attempt, Lane lane, TableApplyException refused) {
        if (refused.isMissingPartition()) {
            return absent.addPartitions(attempt, lane, refused.tables());
        }
        return refused.isMissingLabel()
                ? absent.addLabels(attempt, refused.tables())
                : new AbsentParts.Answer.Absent();
    }

    private Work.Outcome apply(Lane lane) throws SQLException, InterruptedException {
        Progress progress = session.progressOf(lane);
        GiantTransaction giant = context.giants().get(lane.id());
        if (giant != null) {
            return takeFurther(lane, giant);
        }
        Lane.Batch batch = lane.collect(context.tuning().batchBytes().bytes());
        if (batch == null) {
            context.health().succeeded(work(lane));
            wakeFirst(lane);
            return Work.Outcome.NOTHING;
        }
        PackedBatch packed = context.preparations().take(lane.id(), batch);
        BatchSummary summary =
                packed == null ? BatchSummary.of(batch.parts()) : BatchSummary.of(packed);
        follow(lane, summary);
        ApplyMode mode = batch.mend() ? ApplyMode.MEND : ApplyMode.NORMAL;
        if (batch.parts().size() == 1
                && StagedTransaction.isNeeded(batch.parts().getFirst(), context.applySettings())) {
            begin(lane, progress, batch, summary, mode);
            return Work.Outcome.did(0, 0, true);
        }
        confirmOthers(session.applier(), lane, batch);
        long begun = System.nanoTime();
        PostgresApplier applier = session.applier();
        Applied applied =
                applier.apply(
                        new LaneBatch(progress, batch.parts(), batch.upTo(), mode),
                        packed,
                        () -> prepareNext(applier, lane, batch, summary));
        long took = System.nanoTime() - begun;
        context.costs().applied(applied.changes(), took);
        if (lane.tables().size() == 1) {
            lane.tables().iterator().next().costs().applied(applied.changes(), took);
        }
        committed(lane, batch, summary, applied);
        boolean gathers = applied.changes() >= MANY_CHANGES && batch.bytes() < LARGE_BATCH_BYTES;
        return new Work.Outcome(
                batch.bytes(),
                applied.changes(),
                !lane.idle(),
                gathers ? gatherMillis(batch.parts()) : 0);
    }

    /**
     * The destination is about to be busy with the batch: time to take the next one together, where
     * so much waits that there is a whole one.
     */
    private void prepareNext(
            PostgresApplier applier, Lane lane, Lane.Batch batch, BatchSummary summary) {
        long most = context.tuning().batchBytes().bytes();
        if (batch.bytes() < most / 2) {
            return;
        }
        try {
            Set<TableShape> shapes = new HashSet<>(summary.shapes());
            for (LaneTable table : lane.tables()) {
                TableShape shape = table.shape();
                if (shape != null) {
                    shapes.add(shape);
                }
            }
            context.preparations().begin(lane, batch, most, applier.knownPlans(shapes));
        } catch (RuntimeException e) {
            // Whatever it is, the present batch has nothing to do with it, and the next one finds
            // it again.
            LOG.debug("lane {}: the next batch is not prepared", lane.id(), e);
        }
    }

    /** How long the batch after one of these may wait for more. */
    private static long gatherMillis(List<TransactionPart> parts) {
        if (parts.isEmpty()) {
            return LEAST_GATHER_MILLIS;
        }
        Duration delay = Duration.between(parts.getLast().committedAt(), Instant.now());
        return Math.clamp(
                delay.toMillis() / GATHER_PART_OF_DELAY, LEAST_GATHER_MILLIS, MOST_GATHER_MILLIS);
    }

    private void begin(
            Lane lane, Progress progress, Lane.Batch batch, BatchSummary summary, ApplyMode mode)
            throws SQLException {
        PostgresApplier applier = context.newApplier("tidetable apply large");
        context.giants()
                .put(
                        lane.id(),
                        new GiantTransaction(
                                applier,
                                applier.stage(progress, batch.parts().getFirst(), mode),
                                batch,
                                summary));
    }

    /** One slice more, or the whole at once when all slices are staged. */
    private Work.Outcome takeFurther(Lane lane, GiantTransaction giant) throws SQLException {
        if (!lane.mayApply(giant.batch())) {
            giveUp(lane);
            return Work.Outcome.retryAfter(1);
        }
        if (giant.hasMoreToStage()) {
            giant.stage();
            return Work.Outcome.did(context.tuning().batchBytes().bytes(), 0, true);
        }
        confirmOthers(giant.applier(), lane, giant.batch());
        Applied applied = giant.apply();
        context.giants().remove(lane.id());
        giant.close();
        committed(lane, giant.batch(), giant.summary(), applied);
        return Work.Outcome.did(giant.batch().bytes(), applied.changes(), !lane.idle());
    }

    /** A lane that may have come up to a barrier lets the first of its table look. */
    private void wakeFirst(Lane lane) {
        Lane.KeyBucket bucket = lane.bucket();
        if (bucket != null && !bucket.isFirst() && !lane.idle()) {
            lanes.wake(lanes.lanesOf(lane.tables().iterator().next().table()).getFirst());
        }
    }

    /**
     * Before the first lane applies what may be a barrier, the destination has to confirm where the
     * others stand: a crash of it may have taken back what they remember. It is asked over the
     * session that applies, which does not survive another crash.
     */
    private void confirmOthers(PostgresApplier applier, Lane lane, Lane.Batch batch)
            throws SQLException {
        Lane.KeyBucket bucket = lane.bucket();
        if (bucket == null || !lane.isBarrier(batch)) {
            return;
        }
        List<Lane> others = lanes.lanesOf(lane.tables().iterator().next().table());
        List<Position> expected = bucket.buckets().progressOfOthers();
        for (int number = 1; number < others.size(); number++) {
            Lane other = others.get(number);
            Position found =
                    applier.readProgress(context.pipeline(), other.id())
                            .map(Progress::position)
                            .orElse(Position.START);
            if (!found.equals(expected.get(number - 1))) {
                throw new SQLException("the destination lost changes of lane " + other.id());
            }
        }
    }

    private void committed(Lane lane, Lane.Batch batch, BatchSummary summary, Applied applied) {
        // What the batch found is known before anybody can see that it is over.
        note(lane, summary, applied);
        lane.committed(batch, applied.progress());
        Lane.KeyBucket bucket = lane.bucket();
        if (bucket != null && bucket.isFirst() && bucket.buckets().someMayGoOn()) {
            lanes.wake(lane.tables().iterator().next().table());
        }
        context.health().succeeded(work(lane));
    }

    /** Nothing that is remembered of the lane is trusted any more. */
    private void giveUp(Lane lane) {
        lane.forget();
        context.preparations().drop(lane.id());
        GiantTransaction giant = context.giants().remove(lane.id());
        if (giant != null) {
            giant.abandon();
        }
    }

    private void note(Lane lane, BatchSummary summary, Applied applied) {
        noteDelays(lane, summary);
        applied.quarantined()
                .forEach((table, count) -> {
                    LaneTable known = lane.table(table);
                    if (known != null) {
                        known.quarantined(count);
                    }
                    LOG.warn(
                            "TT-457 {} change(s) of {} were put into quarantine: the destination refuses them; see tidetable.quarantine",
                            count,
                            table);
                });
        applied.conflicts()
                .forEach((table, count) ->
                        LOG.warn(
                                "TT-458 {} change(s) of {} found no row to change at {}",
                                count,
                                table,
                                context.id()));
        applied.needsMerge()
                .forEach(table -> {
                    LaneTable known = lane.table(table);
                    if (known != null) {
                        known.needsMerge(true);
                    }
                });
    }

    private void noteDelays(Lane lane, BatchSummary summary) {
        Instant now = context.clock().instant();
        Instant steady = context.steady().instant();
        summary.changes()
                .forEach((table, counts) -> {
                    LaneTable known = lane.table(table);
                    if (known != null) {
                        counts.forEach(count ->
                                known.delays()
                                        .applied(
                                                count.changes(),
                                                Duration.between(count.committedAt(), now),
                                                steady));
                    }
                });
    }

    /** Lets the destination's tables follow shapes that are new in the batch. */
    private void follow(Lane lane, BatchSummary summary) throws SQLException {
        for (TableShape shape : summary.shapes()) {
            LaneTable table = lane.table(shape.table());
            if (table != null && table.isNew(shape)) {
                evolve(table, shape);
            }
        }
    }

    private void evolve(LaneTable table, TableShape shape) throws SQLException {
        synchronized (table) {
            if (table.isNew(shape)) {
                evolveAlone(table, shape);
            }
        }
    }

    private void evolveAlone(LaneTable table, TableShape shape) throws SQLException {
        // Every table comes by here with its first change after a start.
        try (SpareSessions.Lent source = context.copySessions().source().lend();
                SpareSessions.Lent destination = context.copySessions().destination().lend()) {
            Evolution evolution =
                    new ShapeEvolution(
                                    source.connection(),
                                    destination.connection(),
                                    context.pipeline(),
                                    ShapePolicy.EVOLVE,
                                    LOCK_PATIENCE,
                                    context.recentTypes())
                            .evolve(table.shape(), shape);
            switch (evolution) {
                case Evolution.Unchanged() -> {}
                case Evolution.Evolved(List<String> statements, boolean needsMerge) -> {
                    LOG.info("table {} follows the source: {}", table.table(), statements);
                    // Types may have been made for it that were missing when they were last read.
                    context.types().refresh();
                    if (needsMerge) {
                        table.needsMerge(true);
                        table.become(TableState.CATCHING_UP, null);
                    }
                }
                case Evolution.Ignored(List<String> columns) ->
                        LOG.warn("table {}: columns {} are left out", table.table(), columns);
                case Evolution.Paused(TidetableException reason) -> throw reason;
            }
        }
        table.shape(shape);
    }

    private Work.Outcome tryLater(Lane lane, String why, @Nullable Exception cause) {
        giveUp(lane);
        return Work.Outcome.retryAfter(context.health().failed(work(lane), why, cause));
    }

    private static String work(Lane lane) {
        return "lane " + lane.id();
    }

    private static void fail(Lane lane, String why) {
        lane.stopping().forEach(table -> table.become(TableState.FAILED, why));
        LOG.error("lane {} stopped: {}", lane.id(), why);
    }

    private static void fail(Lane lane, TableId table, String why) {
        LaneTable failed = lane.table(table);
        if (failed == null) {
            fail(lane, why);
        } else {
            failed.become(TableState.FAILED, why);
            LOG.error("table {} stopped: {}", table, why);
        }
    }
}
