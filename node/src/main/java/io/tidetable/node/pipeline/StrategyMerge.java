package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.copy.LayoutColumn;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.merge.DiffMerge;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.strategy.BlankColumns;
import io.tidetable.node.strategy.RefreshDigest;
import io.tidetable.node.strategy.ScopeResolver;
import io.tidetable.node.strategy.TableScope;
import io.tidetable.node.strategy.TableStrategy;
import io.tidetable.node.verify.KeyRange;
import io.tidetable.node.verify.RowsDigest;
import io.tidetable.node.verify.Scope;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a merge makes of a table by its strategy, and by the one that is to follow. Whatever the two
 * are, it is the same way: the lanes are held, the rows become what the new strategy wants of them
 * as of a snapshot, and with the last of them the destination has the new strategy, from which on
 * the lanes apply what it wants of the changes that the snapshot did not see.
 */
final class StrategyMerge {
    private final DestinationContext context;
    private final TableId table;
    private final SourceSnapshot snapshot;
    private final TableStrategy known;
    private final boolean written;
    private final TableScope scope;
    private final BlankColumns blanks;

    private StrategyMerge(
            DestinationContext context,
            TableId table,
            SourceSnapshot snapshot,
            TableStrategy known,
            boolean written,
            TableScope scope,
            BlankColumns blanks) {
        this.context = context;
        this.table = table;
        this.snapshot = snapshot;
        this.known = known;
        this.written = written;
        this.scope = scope;
        this.blanks = blanks;
    }

    /**
     * Finds out what the table is to be.
     *
     * @param reader at the source, in the snapshot
     */
    static StrategyMerge begin(
            DestinationContext context, TableId table, Connection reader, SourceSnapshot snapshot)
            throws SQLException {
        try (Connection destination = context.connect("tidetable strategy")) {
            TableStrategy found = context.strategies().of(destination, table);
            TableStrategy known =
                    found == null ? TableStrategy.usual(new Strategy.PrioritizedDelta()) : found;
            TableScope scope = new ScopeResolver(reader).resolve(table, known.aim());
            BlankColumns blanks = new BlankColumns(context.strategies(), table, known.relaxed());
            blanks.relax(destination, scope);
            return new StrategyMerge(context, table, snapshot, known, found != null, scope, blanks);
        }
    }

    /** What is to be carried from now on. */
    TableScope scope() {
        return scope;
    }

    /** The table with the columns that have a value at the destination. */
    TableLayout layout(TableLayout whole) {
        return whole.blanking(
                scope.blanks(whole.columns().stream().map(LayoutColumn::name).toList()));
    }

    /** The rows that are to be at the destination. */
    Scope rows() {
        return new Scope(KeyRange.ALL, scope.condition());
    }

    /** Columns that have all their values again take none without from now on. */
    void tighten() throws SQLException {
        try (Connection destination = context.connect("tidetable strategy")) {
            blanks.tighten(destination, scope);
        }
    }

    /** Notes that the table has the strategy, in the transaction that says it is merged. */
    TableStrategy settle(
            Connection destination, TableLayout layout, DiffMerge.Merged merged, Instant takenAt)
            throws SQLException {
        RefreshDigest digest = digest(layout, merged);
        if (written) {
            context.strategies()
                    .settle(
                            destination,
                            table,
                            known.aim(),
                            scope,
                            snapshot.horizon(),
                            takenAt,
                            digest);
        }
        return new TableStrategy(
                known.aim(),
                scope,
                null,
                known.configured(),
                snapshot.horizon(),
                takenAt,
                List.copyOf(blanks.relaxed()),
                digest,
                null);
    }

    private @Nullable RefreshDigest digest(TableLayout layout, DiffMerge.Merged merged) {
        if (!(scope instanceof TableScope.AsOfRefresh)) {
            return null;
        }
        RowsDigest rows = merged.rows();
        return new RefreshDigest(
                merged.hash().name() + " " + layout.signature(),
                rows.rows(),
                rows.sum1(),
                rows.sum2());
    }
}
