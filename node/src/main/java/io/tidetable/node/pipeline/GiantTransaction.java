package io.tidetable.node.pipeline;

import io.tidetable.node.apply.Applied;
import io.tidetable.node.apply.PostgresApplier;
import io.tidetable.node.apply.StagedTransaction;
import io.tidetable.node.lane.Lane;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transaction that is too large for a batch, on its way to one destination: staged there slice by
 * slice over a connection of its own, so that its lane's turns stay short, and applied at once.
 */
final class GiantTransaction implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GiantTransaction.class);

    private final PostgresApplier applier;
    private final StagedTransaction staged;
    private final Lane.Batch batch;
    private final BatchSummary summary;
    private boolean moreToStage = true;

    GiantTransaction(
            PostgresApplier applier,
            StagedTransaction staged,
            Lane.Batch batch,
            BatchSummary summary) {
        this.summary = summary;
        this.applier = applier;
        this.staged = staged;
        this.batch = batch;
    }

    PostgresApplier applier() {
        return applier;
    }

    Lane.Batch batch() {
        return batch;
    }

    BatchSummary summary() {
        return summary;
    }

    /** Whether there are slices left to stage. */
    boolean hasMoreToStage() {
        return moreToStage;
    }

    /** Stages one slice. */
    void stage() {
        moreToStage = staged.stageNextSlice();
    }

    /** Applies what was staged, in one transaction of the destination. */
    Applied apply() {
        return staged.apply(batch.upTo());
    }

    /** Drops what was staged, as far as that is still possible; the next start drops the rest. */
    void abandon() {
        try {
            close();
        } catch (SQLException e) {
            LOG.debug("what was staged is dropped at the next start", e);
        }
    }

    /** Drops what was staged. */
    @Override
    public void close() throws SQLException {
        staged.close();
        applier.close();
    }
}
