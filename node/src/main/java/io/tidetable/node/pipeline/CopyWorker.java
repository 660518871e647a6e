package io.tidetable.node.pipeline;

import io.tidetable.model.TidetableException;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.SqlFault;
import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.CopyResult;
import io.tidetable.node.copy.CopyStep;
import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.TableCopy;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.lane.CopyBoundary;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes one table's first copy a chunk further, over the connections of one applier. */
final class CopyWorker {
    private static final Logger LOG = LoggerFactory.getLogger(CopyWorker.class);

    private static final CopyPace UNTIL_INTERRUPTED =
            new CopyPace() {
                @Override
                public boolean isCancelled() {
                    return Thread.currentThread().isInterrupted();
                }
            };

    private final DestinationContext context;
    private final ApplierSession session;
    private final LaneControl lanes;
    private final AbsentParts absent;

    CopyWorker(DestinationContext context, ApplierSession session, LaneControl lanes) {
        this.context = context;
        this.session = session;
        this.lanes = lanes;
        absent = new AbsentParts(context);
    }

    Work.Outcome step(CopyJob job) throws InterruptedException {
        if (job.hasEnded()) {
            return Work.Outcome.NOTHING;
        }
        if (job.laneTable().state() == TableState.FAILED) {
            job.letGo();
            lanes.copyEnded(job);
            return Work.Outcome.NOTHING;
        }
        try {
            TableCopy copy = job.begun(() -> begin(job));
            job.look();
            CopyStep step = copy.step(session.chunks(), UNTIL_INTERRUPTED);
            job.look();
            return follow(job, copy, step);
        } catch (SQLException e) {
            return tryLater(
                    job, "TT-503 the copy of " + job.table() + " failed: " + e.getMessage(), e);
        } catch (TidetableException e) {
            return stop(job, e.line());
        }
    }

    /** What it has copied stays; somebody has to mend something before it goes on. */
    private Work.Outcome stop(CopyJob job, String why) {
        context.health().succeeded(work(job));
        job.laneTable().become(TableState.FAILED, why);
        LOG.error("table {} stopped: {}", job.table(), why);
        job.letGo();
        lanes.copyEnded(job);
        return Work.Outcome.NOTHING;
    }

    private TableCopy begin(CopyJob job) throws SQLException {
        TableCopy copy = context.newCopy(job.table());
        copy.start();
        context.becomeWhileCopied(job.laneTable(), Stage.COPYING, TableState.COPYING);
        return copy;
    }

    private Work.Outcome tryLater(CopyJob job, String why, @Nullable Exception destinationSaid) {
        session.breakConnections();
        context.copySessions().letGo(Duration.ZERO);
        return Work.Outcome.retryAfter(context.health().failed(work(job), why, destinationSaid));
    }

    private static String work(CopyJob job) {
        return "copy " + job.table();
    }

    private Work.Outcome follow(CopyJob job, TableCopy copy, CopyStep step) throws SQLException {
        return switch (step) {
            case CopyStep.Copied(long rows, long bytes) -> {
                context.health().succeeded(work(job));
                yield Work.Outcome.did(bytes, rows, true);
            }
            case CopyStep.Busy() -> Work.Outcome.retryAfter(20);
            case CopyStep.Skipped() -> Work.Outcome.did(0, 0, true);
            case CopyStep.StartsOver(String reason) -> {
                LOG.warn("the copy of {} begins anew: {}", job.table(), reason);
                yield Work.Outcome.did(0, 0, true);
            }
            case CopyStep.Failed(Side side, SQLException cause)
                    when side == Side.DESTINATION && SqlFault.isMissingLabel(cause) ->
                    switch (absent.addLabels(
                            AbsentParts.Attempt.of(job.table(), cause), Set.of(job.table()))) {
                        case AbsentParts.Answer.MaybeThere() -> Work.Outcome.retryAfter(1);
                        case AbsentParts.Answer.Unknown(String why) -> tryLater(job, why, null);
                        case AbsentParts.Answer.Absent() -> refused(job, cause);
                    };
            case CopyStep.Failed(Side side, SQLException cause)
                    when side == Side.DESTINATION && SqlFault.isRefusal(cause) ->
                    refused(job, cause);
            case CopyStep.Failed(Side side, Exception cause) -> failed(job, side, cause);
            case CopyStep.AllCopied() -> finish(job, copy);
        };
    }

    private Work.Outcome failed(CopyJob job, Side side, Exception cause) {
        return tryLater(
                job,
                "TT-503 the copy of %s failed at the %s: %s"
                        .formatted(
                                job.table(),
                                side.name().toLowerCase(Locale.ROOT),
                                cause.getMessage()),
                side == Side.DESTINATION ? cause : null);
    }

    private Work.Outcome refused(CopyJob job, SQLException error) {
        session.breakConnections();
        context.copySessions().letGo(Duration.ZERO);
        return stop(
                job,
                "TT-512 the destination refuses rows of %s: %s; mend that there, then resume the table"
                        .formatted(job.table(), error.getMessage()));
    }

    private Work.Outcome finish(CopyJob job, TableCopy copy) throws SQLException {
        if (!job.end()) {
            return Work.Outcome.NOTHING;
        }
        boolean over = false;
        try {
            Optional<CopyResult> result = copy.finish();
            if (result.isEmpty()) {
                return Work.Outcome.did(0, 0, true);
            }
            context.faults().reach(FaultPoint.TABLE_COPIED);
            lanes.complete(job.table());
            CopyResult copied = result.get();
            job.laneTable()
                    .boundary(
                            new CopyBoundary(
                                    copied.oldest(),
                                    copied.newest().horizon(),
                                    copied.mendNeeded()));
            if (copied.mergeNeeded()) {
                context.mergeLater(job.laneTable());
            }
            context.becomeWhileCopied(job.laneTable(), Stage.CATCHING_UP, TableState.CATCHING_UP);
            over = true;
            context.health().succeeded(work(job));
            LOG.info(
                    "table {} copied: rows={} bytes={}",
                    job.table(),
                    copied.rows(),
                    copied.bytes());
            lanes.copyEnded(job);
            lanes.wake(job.table());
            return Work.Outcome.NOTHING;
        } finally {
            if (!over) {
                job.reopen();
            }
        }
    }
}
