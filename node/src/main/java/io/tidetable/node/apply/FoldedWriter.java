package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.node.apply.FoldedRows.Row;
import io.tidetable.node.apply.RowSender.Expectation;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes folded rows: many of a kind by COPY and one statement over a staging table, few of a kind
 * by a prepared statement each.
 */
final class FoldedWriter {
    private final Session session;
    private final RowSender sender;
    private final Tally tally;

    FoldedWriter(Session session, RowSender sender, Tally tally) {
        this.session = session;
        this.sender = sender;
        this.tally = tally;
    }

    void write(FoldSegment segment, ApplyMode mode) throws SQLException {
        TablePlan plan = segment.plan();
        BitSet text = Stage.textColumns(plan, segment::isText);
        FoldedRows rows = FoldedRows.of(segment, mode);
        tally.folded(Math.max(0, segment.changes() - rows.size()));
        Expectation present = mode == ApplyMode.NORMAL ? Expectation.ONE_ROW : Expectation.ANY;
        deletes(plan, text, rows.deletes(), present);
        for (Map.Entry<BitSet, List<Row>> group : rows.updates().entrySet()) {
            updates(plan, text, group.getKey(), group.getValue(), present);
        }
        for (Map.Entry<BitSet, List<Row>> group : rows.partials().entrySet()) {
            updates(plan, text, group.getKey(), group.getValue(), Expectation.ROW_OR_MERGE);
        }
        upserts(plan, text, rows.upserts());
        inserts(plan, text, rows.inserts());
        sender.flush();
    }

    private boolean few(List<Row> rows) {
        return rows.size() < session.settings().stagedFrom();
    }

    /** A COPY straight into the table pays sooner: it needs no statement after it. */
    private boolean fewForTheTable(List<Row> rows) {
        return rows.size() < (session.settings().stagedFrom() + 3) / 4;
    }

    private void deletes(TablePlan plan, BitSet text, List<Row> rows, Expectation expectation)
            throws SQLException {
        if (few(rows)) {
            each(plan.table(), rows, plan.statements().delete(), expectation);
            return;
        }
        sender.flush();
        Stage stage = session.stages().stage(plan, text);
        int part = copy(stage, plan.key(), rows);
        settle(plan.table(), expectation, rows.size() - session.execute(stage.delete(part)));
    }

    private void updates(
            TablePlan plan, BitSet text, BitSet unknown, List<Row> rows, Expectation expectation)
            throws SQLException {
        if (few(rows)) {
            each(plan.table(), rows, plan.statements().update(unknown), expectation);
            return;
        }
        Stage stage = session.stages().stage(plan, text);
        String update = stage.update(0, unknown);
        if (update == null) {
            nothingToSet(plan.table(), expectation);
            return;
        }
        sender.flush();
        int part = copy(stage, Stage.known(plan, unknown), rows);
        String statement = stage.update(part, unknown);
        long updated = statement == null ? 0 : session.execute(statement);
        settle(plan.table(), expectation, rows.size() - updated);
    }

    private void upserts(TablePlan plan, BitSet text, List<Row> rows) throws SQLException {
        if (few(rows)) {
            each(plan.table(), rows, plan.statements().upsert(), Expectation.ANY);
            return;
        }
        sender.flush();
        Stage stage = session.stages().stage(plan, text);
        int part = copy(stage, plan.written(), rows);
        String update = stage.update(part, new BitSet());
        if (update != null) {
            session.execute(update);
        }
        session.execute(stage.insertMissing(part));
    }

    private void inserts(TablePlan plan, BitSet text, List<Row> rows) throws SQLException {
        boolean straight = plan.takesRowsStraight(text);
        if (straight ? fewForTheTable(rows) : few(rows)) {
            each(plan.table(), rows, plan.statements().insert(), Expectation.ANY);
            return;
        }
        sender.flush();
        if (straight) {
            copyIntoTable(plan, rows);
            return;
        }
        Stage stage = session.stages().stage(plan, text);
        session.execute(stage.insert(copy(stage, plan.written(), rows)));
    }

    private void each(
            TableId table,
            List<Row> rows,
            @Nullable RowStatement statement,
            Expectation expectation)
            throws SQLException {
        if (statement == null) {
            if (!rows.isEmpty()) {
                nothingToSet(table, expectation);
            }
            return;
        }
        for (Row row : rows) {
            sender.send(table, statement, expectation, row.image(), row.image());
        }
    }

    /** Without a statement nobody knows whether the rows are there. */
    private void nothingToSet(TableId table, Expectation expectation) {
        if (expectation == Expectation.ROW_OR_MERGE) {
            tally.needsMerge(table);
        }
    }

    private void settle(TableId table, Expectation expectation, long missing) {
        if (missing <= 0) {
            return;
        }
        switch (expectation) {
            case ONE_ROW -> tally.conflicts(table, missing);
            case ROW_OR_MERGE -> tally.needsMerge(table);
            case ANY -> {}
        }
    }

    private int copy(Stage stage, List<PlannedColumn> columns, List<Row> rows) throws SQLException {
        int part = session.stages().nextPart();
        stage.fill(session.connection(), columns, rows, part);
        return part;
    }

    private void copyIntoTable(TablePlan plan, List<Row> rows) throws SQLException {
        try (BinaryCopy copy =
                BinaryCopy.begin(session.connection(), Stage.copyIntoTable(plan, plan.written()))) {
            for (Row row : FoldedRows.sorted(rows)) {
                copy.row(plan.written().size());
                copy.values(plan.written(), row.image());
            }
            copy.finish();
        }
        requireCurrent(session, plan);
    }

    /**
     * The bytes were written for the columns as we knew them, and are held by the table's lock: a
     * table that has others now must not take them.
     */
    static void requireCurrent(Session session, TablePlan plan) throws SQLException {
        if (!TargetCatalog.isCurrent(session.connection(), plan.target())) {
            throw new SQLException(
                    "the columns of " + plan.table() + " have changed meanwhile",
                    SqlFault.CHANGED_TABLE);
        }
    }
}
