package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import java.sql.SQLException;
import java.util.BitSet;

/** Writes packed rows, by COPY and one statement over a staging table for each kind. */
final class PackedWriter {
    private final Session session;
    private final Tally tally;

    PackedWriter(Session session, Tally tally) {
        this.session = session;
        this.tally = tally;
    }

    /** Whether the session would write all of it as it was thought to be written. */
    boolean takes(PackedBatch batch) throws SQLException {
        for (PackedTable table : batch.tables()) {
            if (!session.planner().plan(table.plan().shape()).matches(table.plan())) {
                return false;
            }
        }
        return true;
    }

    void write(PackedBatch batch) throws SQLException {
        tally.countLike(batch.counted());
        for (PackedTable table : batch.tables()) {
            write(table, session.planner().plan(table.plan().shape()));
        }
    }

    private void write(PackedTable table, TablePlan plan) throws SQLException {
        BitSet text = table.text();
        int[] deletes = table.deletes();
        int[] updates = table.updates();
        int[] inserts = table.inserts();
        long rows = (long) deletes.length + updates.length + inserts.length;
        tally.folded(Math.max(0, table.changes() - rows));
        if (deletes.length > 0) {
            Stage stage = session.stages().stage(plan, text);
            int part = session.stages().nextPart();
            stage.fillKeys(session.connection(), table, deletes, part);
            conflicts(plan.table(), deletes.length - session.execute(stage.delete(part)));
        }
        if (updates.length > 0) {
            update(table, plan, text, updates);
        }
        if (inserts.length > 0) {
            insert(table, plan, text, inserts);
        }
    }

    private void update(PackedTable table, TablePlan plan, BitSet text, int[] rows)
            throws SQLException {
        Stage stage = session.stages().stage(plan, text);
        if (stage.update(0, new BitSet()) == null) {
            // Without a statement nobody knows whether the rows are there.
            return;
        }
        int part = fill(stage, table, rows);
        String statement = stage.update(part, new BitSet());
        long updated = statement == null ? 0 : session.execute(statement);
        conflicts(plan.table(), rows.length - updated);
    }

    private void insert(PackedTable table, TablePlan plan, BitSet text, int[] rows)
            throws SQLException {
        if (!plan.takesRowsStraight(text)) {
            Stage stage = session.stages().stage(plan, text);
            session.execute(stage.insert(fill(stage, table, rows)));
            return;
        }
        try (BinaryCopy copy =
                BinaryCopy.begin(
                        session.connection(), Stage.copyIntoTable(plan, table.columns()))) {
            for (int row : rows) {
                copy.row(table.columns().size());
                table.write(row, copy);
            }
            copy.finish();
        }
        FoldedWriter.requireCurrent(session, plan);
    }

    private int fill(Stage stage, PackedTable table, int[] rows) throws SQLException {
        int part = session.stages().nextPart();
        stage.fill(session.connection(), table, rows, part);
        return part;
    }

    private void conflicts(TableId table, long missing) {
        tally.conflicts(table, missing);
    }
}
