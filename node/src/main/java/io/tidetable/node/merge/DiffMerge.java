package io.tidetable.node.merge;

import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.verify.Difference;
import io.tidetable.node.verify.DifferenceSearch;
import io.tidetable.node.verify.RowHash;
import io.tidetable.node.verify.RowsDigest;
import io.tidetable.node.verify.Scope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a table of the destination what it is in a snapshot of the source, by writing only what
 * differs. Run by the table's lane, which nothing passes meanwhile, under a snapshot that sees
 * every transaction the lane has applied; so each batch is right by itself, and a merge that broke
 * off is simply done again.
 */
public final class DiffMerge {
    private final int batchRows;
    private final Faults faults;
    private final CopyPace pace;

    /**
     * A merge.
     *
     * @param batchRows most rows that are written before the caller may commit
     * @param pace throttles and cancels the rows that are written
     */
    public DiffMerge(int batchRows, CopyPace pace, Faults faults) {
        if (batchRows < 1) {
            throw new IllegalArgumentException("a batch has at least one row, got " + batchRows);
        }
        this.batchRows = batchRows;
        this.faults = faults;
        this.pace = pace;
    }

    /**
     * Merges the rows in scope. Triggers of the destination's session are silenced where that is
     * allowed ({@link io.tidetable.node.copy.ChunkCopier#silenceTriggers}).
     *
     * @param source from {@link io.tidetable.node.postgres.Database#connect}, in a transaction in
     *     the snapshot
     * @param destination the same, in the caller's transaction, READ COMMITTED; not committed at
     *     the end
     * @throws InterruptedException also when the pace cancelled it; the destination is to be rolled
     *     back
     */
    public MergeResult merge(
            TableLayout layout,
            Scope scope,
            Connection source,
            Connection destination,
            MergeCommit commit)
            throws SQLException, InterruptedException {
        return mergeAll(layout, scope, source, destination, commit).result();
    }

    /**
     * What a merge did, and what the destination holds now.
     *
     * @param hash with which the digest was made
     * @param rows of the source in scope
     */
    public record Merged(MergeResult result, RowHash hash, RowsDigest rows) {}

    /** The same, with checksums of what the source holds in scope. */
    public Merged mergeAll(
            TableLayout layout,
            Scope scope,
            Connection source,
            Connection destination,
            MergeCommit commit)
            throws SQLException, InterruptedException {
        DifferenceSearch search = DifferenceSearch.between(layout, source, destination);
        DifferenceWriter writer =
                new DifferenceWriter(layout, search.rows(), source, destination, pace);
        Batches batches = new Batches(writer, destination, commit);
        DifferenceSearch.Compared compared = search.run(scope, true, batches);
        batches.flush();
        return new Merged(
                new MergeResult(
                        batches.inserted, batches.updated, batches.deleted, compared.sourceRows()),
                search.rows().hash(),
                compared.source());
    }

    private final class Batches implements DifferenceSearch.Visitor {
        private final DifferenceWriter writer;
        private final Connection destination;
        private final MergeCommit commit;
        private final List<Difference> waiting = new ArrayList<>();
        private long inserted;
        private long updated;
        private long deleted;

        private Batches(DifferenceWriter writer, Connection destination, MergeCommit commit) {
            this.writer = writer;
            this.destination = destination;
            this.commit = commit;
        }

        @Override
        public void visit(Difference difference) throws SQLException, InterruptedException {
            switch (difference) {
                case Difference.Missing _ -> inserted++;
                case Difference.Extra _ -> deleted++;
                case Difference.Different _ -> updated++;
            }
            waiting.add(difference);
            if (waiting.size() >= batchRows) {
                flush();
            }
        }

        private void flush() throws SQLException, InterruptedException {
            if (waiting.isEmpty()) {
                return;
            }
            writer.write(waiting);
            waiting.clear();
            faults.reach(FaultPoint.MERGE_WRITTEN);
            commit.batchWritten(destination);
        }
    }
}
