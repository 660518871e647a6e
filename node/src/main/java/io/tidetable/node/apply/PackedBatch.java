package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.pgoutput.TupleReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The net effect of some transactions on their tables, found without a session of the destination
 * and ready to be sent. It depends on nothing but the transactions and the plans by which it was
 * made: whoever writes it asks his session whether it would make the same plans now.
 */
public final class PackedBatch {
    /** A stage is made for each table, and a session keeps few; more tables go the usual way. */
    private static final int MOST_TABLES = 8;

    /** Of all tables together: some seventy bytes each besides their values. */
    private static final int MOST_ROWS = 500_000;

    private final List<TransactionPart> parts;
    private final List<PackedTable> tables;
    private final List<Changed> changed;
    private final Tally counted;

    private PackedBatch(
            List<TransactionPart> parts,
            List<PackedTable> tables,
            List<Changed> changed,
            Tally counted) {
        this.parts = parts;
        this.tables = tables;
        this.changed = changed;
        this.counted = counted;
    }

    /** So many changes of one transaction to one table. */
    public record Changed(TableShape shape, long changes, Instant committedAt) {}

    /** How a session writes rows of some shapes. */
    public static final class Plans {
        private final Map<TableShape, TablePlan> plans;

        Plans(Map<TableShape, TablePlan> plans) {
            this.plans = Map.copyOf(plans);
        }
    }

    /**
     * Takes the transactions' changes together. Holds as many bytes as they have, and some thirty
     * to seventy more a row.
     *
     * @param givenUp asked for now and then: nobody wants it any more
     * @return null where they hold something unusual, which has to go the usual way: a TRUNCATE,
     *     another key for a row, unchanged values that were not sent, or a shape without a plan; or
     *     where there are too many tables or rows to hold
     */
    public static @Nullable PackedBatch of(
            List<TransactionPart> parts, Plans plans, BooleanSupplier givenUp) {
        PackedBytes bytes = new PackedBytes();
        Map<TableId, PackedTable> tables = new LinkedHashMap<>();
        Map<PackedTable, Long> counts = new HashMap<>();
        List<Changed> changed = new ArrayList<>();
        Tally counted = new Tally();
        TupleReader reader = new TupleReader();
        PackedTable table = null;
        for (TransactionPart part : parts) {
            if (givenUp.getAsBoolean() || rows(tables.values()) > MOST_ROWS) {
                return null;
            }
            ChangeCursor changes = part.changes();
            long before = table == null ? 0 : table.changes();
            while (changes.next()) {
                TableShape shape = changes.shape();
                if (table == null || !isOf(table, shape)) {
                    add(counts, table, before);
                    table = tableOf(tables, bytes, plans, shape);
                    if (table == null) {
                        return null;
                    }
                    before = table.changes();
                }
                var payload = changes.payload();
                if (!table.take(changes.kind(), reader, payload)) {
                    return null;
                }
                counted.count(changes.kind(), payload.remaining());
            }
            add(counts, table, before);
            counts.forEach((one, count) ->
                    changed.add(new Changed(one.plan().shape(), count, part.committedAt())));
            counts.clear();
        }
        return new PackedBatch(parts, List.copyOf(tables.values()), changed, counted);
    }

    private static long rows(Collection<PackedTable> tables) {
        long rows = 0;
        for (PackedTable table : tables) {
            rows += table.rows();
        }
        return rows;
    }

    @SuppressWarnings("ReferenceEquality") // Most changes have the very shape of the one before.
    private static boolean isOf(PackedTable table, TableShape shape) {
        TableShape known = table.plan().shape();
        return known == shape || known.equals(shape);
    }

    private static void add(
            Map<PackedTable, Long> counts, @Nullable PackedTable table, long before) {
        if (table != null && table.changes() > before) {
            counts.merge(table, table.changes() - before, Long::sum);
        }
    }

    private static @Nullable PackedTable tableOf(
            Map<TableId, PackedTable> tables, PackedBytes bytes, Plans plans, TableShape shape) {
        PackedTable known = tables.get(shape.table());
        if (known != null) {
            return isOf(known, shape) ? known : null;
        }
        TablePlan plan = plans.plans.get(shape);
        if (plan == null || !plan.isPackable() || tables.size() == MOST_TABLES) {
            return null;
        }
        PackedTable made = new PackedTable(plan, bytes);
        tables.put(shape.table(), made);
        return made;
    }

    /** What the transactions did, by table, in their order. */
    public List<Changed> changed() {
        return changed;
    }

    /** Whether it was made of these transactions. */
    @SuppressWarnings("ReferenceEquality")
    boolean isOf(List<TransactionPart> others) {
        if (others.size() != parts.size()) {
            return false;
        }
        for (int i = 0; i < others.size(); i++) {
            if (others.get(i) != parts.get(i)) {
                return false;
            }
        }
        return true;
    }

    List<PackedTable> tables() {
        return tables;
    }

    Tally counted() {
        return counted;
    }

    /** The plans that a planner remembers for some shapes. */
    static Plans known(TablePlanner planner, Collection<TableShape> shapes) {
        Map<TableShape, TablePlan> plans = new HashMap<>();
        for (TableShape shape : shapes) {
            TablePlan plan = planner.remembered(shape);
            if (plan != null) {
                plans.put(shape, plan);
            }
        }
        return new Plans(plans);
    }
}
