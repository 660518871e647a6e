package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.node.apply.RowSender.Expectation;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.pgoutput.DamagedMessageException;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes row changes one for one, in the order in which they come. */
final class OrderedWriter {
    private final RowSender sender;

    OrderedWriter(RowSender sender) {
        this.sender = sender;
    }

    /** Sends a change's statements; a flush of the sender makes sure that they have been done. */
    void write(RowChange change, ApplyMode mode) throws SQLException {
        TablePlan plan = change.plan();
        if (!plan.hasKey() && mode == ApplyMode.MEND) {
            throw new TableApplyException(
                    "TT-455",
                    Set.of(plan.table()),
                    ("%s has no key by which its rows could be mended after a copy that lost its"
                                    + " snapshot; its copy must begin again")
                            .formatted(plan.table()),
                    null);
        }
        switch (mode) {
            case NORMAL -> normal(change, plan.statements());
            case MEND -> mend(change, plan.statements());
        }
    }

    private void normal(RowChange change, RowStatements rows) throws SQLException {
        BitSet unknown = change.row().unknown();
        boolean keyed = change.plan().hasKey();
        switch (change.kind()) {
            case INSERT -> {
                if (unknown.isEmpty()) {
                    send(change, rows.insert(), Expectation.ANY);
                } else if (keyed) {
                    send(change, rows.update(unknown), Expectation.ROW_OR_MERGE);
                } else {
                    sender.needsMerge(table(change));
                }
            }
            case UPDATE -> {
                RowStatement update;
                if (!keyed) {
                    update = rows.updateOne(old(change), unknown);
                } else if (change.changesKey()) {
                    update = rows.rekey(unknown);
                } else {
                    update = rows.update(unknown);
                }
                send(change, update, Expectation.ONE_ROW);
            }
            case DELETE ->
                    send(
                            change,
                            keyed ? rows.delete() : rows.deleteOne(old(change)),
                            Expectation.ONE_ROW);
            case TRUNCATE -> throw new IllegalArgumentException("a truncate is not a row change");
        }
    }

    private void mend(RowChange change, RowStatements rows) throws SQLException {
        if (change.kind() == ChangeKind.DELETE) {
            send(change, rows.delete(), Expectation.ANY);
            return;
        }
        BitSet unknown = change.row().unknown();
        if (change.changesKey()) {
            send(change, rows.deleteWhereTaken(), Expectation.ANY);
            send(change, rows.rekey(unknown), Expectation.ANY);
        }
        if (!unknown.isEmpty()) {
            underNewKey(change, rows.update(unknown), Expectation.ROW_OR_MERGE);
        } else if (change.plan().hasUnsettable()) {
            underNewKey(change, rows.delete(), Expectation.ANY);
            underNewKey(change, rows.insert(), Expectation.ANY);
        } else {
            underNewKey(change, rows.upsert(), Expectation.ANY);
        }
    }

    private static RowImage old(RowChange change) {
        RowImage before = change.before();
        if (before == null) {
            throw new DamagedMessageException(
                    "a change of %s names no old row".formatted(change.plan().table()));
        }
        return before;
    }

    private void send(RowChange change, @Nullable RowStatement row, Expectation expectation)
            throws SQLException {
        send(change, row, expectation, change.keyed());
    }

    private void underNewKey(RowChange change, @Nullable RowStatement row, Expectation expectation)
            throws SQLException {
        send(change, row, expectation, change.row());
    }

    private void send(
            RowChange change, @Nullable RowStatement row, Expectation expectation, RowImage keyed)
            throws SQLException {
        if (row != null) {
            sender.send(table(change), row, expectation, keyed, change.row());
        } else if (expectation == Expectation.ROW_OR_MERGE) {
            // Nothing to set would not tell whether the row is there.
            sender.needsMerge(table(change));
        }
    }

    private static TableId table(RowChange change) {
        return change.plan().table();
    }
}
