package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.node.apply.FoldedRows.Row;
import io.tidetable.node.apply.RowSender.Expectation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Segments of one giant transaction in unlogged tables of the destination, and the statements that
 * will take them from there. A table is followed by another one once it holds some million rows, so
 * that taking one segment out reads little of the others.
 */
final class StagedSegments {
    private static final long ROWS_PER_TABLE = 2_000_000;

    private record Key(TablePlan plan, BitSet text) {}

    /** The staging table in use, and how many rows it holds. */
    private static final class Filling {
        private final Stage stage;
        private long rows;

        Filling(Stage stage) {
            this.stage = stage;
        }
    }

    /**
     * A statement over staged rows.
     *
     * @param rows how many it should touch; -1 for any number
     */
    record Step(TableId table, String sql, long rows, Expectation expectation, boolean insert) {}

    private final Session session;
    private final String prefix;
    private final Map<Key, Filling> fillings = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private int parts;

    /**
     * No segments yet.
     *
     * @param prefix of the staging tables' names in PostgreSQL schema tidetable
     */
    StagedSegments(Session session, String prefix) {
        this.session = session;
        this.prefix = prefix;
    }

    /** Stages a segment, in the transaction at hand. */
    List<Step> stage(FoldSegment segment, ApplyMode mode, Tally tally) throws SQLException {
        TablePlan plan = segment.plan();
        BitSet text = Stage.textColumns(plan, segment::isText);
        FoldedRows rows = FoldedRows.of(segment, mode);
        tally.folded(Math.max(0, segment.changes() - rows.size()));
        Expectation present = mode == ApplyMode.NORMAL ? Expectation.ONE_ROW : Expectation.ANY;
        Filling filling = filling(plan, text);
        Stage stage = filling.stage;
        filling.rows += rows.size();
        List<Step> steps = new ArrayList<>();
        if (!rows.deletes().isEmpty()) {
            int part = fill(stage, plan.key(), rows.deletes());
            steps.add(step(plan, stage.delete(part), rows.deletes(), present));
        }
        updates(stage, rows.updates(), present, steps, tally);
        updates(stage, rows.partials(), Expectation.ROW_OR_MERGE, steps, tally);
        if (!rows.upserts().isEmpty()) {
            int part = fill(stage, plan.written(), rows.upserts());
            String update = stage.update(part, new BitSet());
            if (update != null) {
                steps.add(step(plan, update, rows.upserts(), Expectation.ANY));
            }
            steps.add(step(plan, stage.insertMissing(part), rows.upserts(), Expectation.ANY));
        }
        if (!rows.inserts().isEmpty()) {
            int part = fill(stage, plan.written(), rows.inserts());
            steps.add(
                    new Step(
                            plan.table(),
                            stage.insert(part),
                            rows.inserts().size(),
                            Expectation.ANY,
                            true));
        }
        return steps;
    }

    /** Stages packed rows, in the transaction at hand. */
    List<Step> stage(PackedTable table, Tally tally) throws SQLException {
        TablePlan plan = table.plan();
        int[] deletes = table.deletes();
        int[] updates = table.updates();
        int[] inserts = table.inserts();
        long rows = (long) deletes.length + updates.length + inserts.length;
        tally.folded(Math.max(0, table.changes() - rows));
        List<Step> steps = new ArrayList<>();
        if (rows == 0) {
            return steps;
        }
        Filling filling = filling(plan, table.text());
        Stage stage = filling.stage;
        filling.rows += rows;
        if (deletes.length > 0) {
            stage.fillKeys(session.connection(), table, deletes, ++parts);
            steps.add(step(plan, stage.delete(parts), deletes.length));
        }
        if (updates.length > 0 && stage.update(0, new BitSet()) != null) {
            stage.fill(session.connection(), table, updates, ++parts);
            String update = stage.update(parts, new BitSet());
            if (update != null) {
                steps.add(step(plan, update, updates.length));
            }
        }
        if (inserts.length > 0) {
            stage.fill(session.connection(), table, inserts, ++parts);
            steps.add(
                    new Step(
                            plan.table(),
                            stage.insert(parts),
                            inserts.length,
                            Expectation.ANY,
                            true));
        }
        return steps;
    }

    private static Step step(TablePlan plan, String sql, long rows) {
        return new Step(plan.table(), sql, rows, Expectation.ONE_ROW, false);
    }

    private void updates(
            Stage stage,
            Map<BitSet, List<Row>> groups,
            Expectation expectation,
            List<Step> steps,
            Tally tally)
            throws SQLException {
        for (Map.Entry<BitSet, List<Row>> group : groups.entrySet()) {
            TablePlan plan = stage.plan();
            int part = fill(stage, Stage.known(plan, group.getKey()), group.getValue());
            String update = stage.update(part, group.getKey());
            if (update != null) {
                steps.add(step(plan, update, group.getValue(), expectation));
            } else if (expectation == Expectation.ROW_OR_MERGE) {
                tally.needsMerge(plan.table());
            }
        }
    }

    private static Step step(TablePlan plan, String sql, List<Row> rows, Expectation expectation) {
        return new Step(plan.table(), sql, rows.size(), expectation, false);
    }

    private int fill(Stage stage, List<PlannedColumn> columns, List<Row> rows) throws SQLException {
        stage.fill(session.connection(), columns, rows, ++parts);
        return parts;
    }

    private Filling filling(TablePlan plan, BitSet text) throws SQLException {
        Key key = new Key(plan, text);
        Filling filling = fillings.get(key);
        if (filling == null || filling.rows >= ROWS_PER_TABLE) {
            String name = "tidetable." + TableId.quote(prefix + (names.size() + 1));
            filling = new Filling(new Stage(plan, name, text));
            session.execute(
                    "CREATE UNLOGGED TABLE %s (%s) WITH (autovacuum_enabled = false)"
                            .formatted(name, filling.stage.columns()));
            names.add(name);
            fillings.put(key, filling);
        }
        return filling;
    }

    /** Carries a statement out, in the transaction at hand. */
    void take(Step step, Tally tally) throws SQLException {
        long touched = session.execute(step.sql());
        long missing = step.rows() - touched;
        if (step.insert() && missing != 0) {
            throw new IllegalStateException(
                    "%d rows were staged for %s, %d were there"
                            .formatted(step.rows(), step.table(), touched));
        }
        if (missing > 0) {
            switch (step.expectation()) {
                case ONE_ROW -> tally.conflicts(step.table(), missing);
                case ROW_OR_MERGE -> tally.needsMerge(step.table());
                case ANY -> {}
            }
        }
    }

    /** Drops the staging tables, each in a transaction of its own. */
    void drop() throws SQLException {
        for (String name : names) {
            session.execute("DROP TABLE IF EXISTS " + name);
            session.commit();
        }
        names.clear();
    }
}
