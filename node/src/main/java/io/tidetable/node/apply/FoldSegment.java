package io.tidetable.node.apply;

import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.pgoutput.TupleReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The net effect of successive changes of one table's rows, column by column: what each row must
 * become, compared with how the destination held it before the segment. Takes only changes that
 * leave keys as they are, of tables whose keys are the same exactly when their bytes are.
 *
 * <pre>
 * first \ then   insert            update            delete
 * (nothing)      INSERT            UPDATE            DELETE
 * INSERT         -                 INSERT, merged    GONE
 * UPDATE         -                 UPDATE, merged    DELETE
 * DELETE         REPLACE           -                 -
 * REPLACE        -                 REPLACE, merged   DELETE
 * GONE           INSERT            -                 -
 * </pre>
 *
 * A change in a place marked - does not follow from the ones before: it ends the segment.
 */
final class FoldSegment {
    /** What is to become of a row. */
    enum Effect {
        INSERT,
        UPDATE,
        DELETE,
        /** It is deleted, and another row takes its key. */
        REPLACE,
        /** It came and went. */
        GONE
    }

    /** A row and its fate; the image is that of the key where nothing of it remains. */
    record Fate(Effect effect, RowImage image) {}

    private final TablePlan plan;
    private final char[] formats;

    /** Rows that came while only rows came: nothing has to be found among them by key yet. */
    private final List<RowImage> fresh = new ArrayList<>();

    private final Map<RowKey, Fate> rows = new LinkedHashMap<>();
    private long changes;
    private long bytes;

    FoldSegment(TablePlan plan) {
        this.plan = plan;
        this.formats = new char[plan.width()];
    }

    TablePlan plan() {
        return plan;
    }

    /** Changes taken. */
    long changes() {
        return changes;
    }

    long bytes() {
        return bytes;
    }

    int rows() {
        return fresh.size() + rows.size();
    }

    /** Whether values of a column came in text form. */
    boolean isText(int column) {
        return formats[column] == TupleReader.TEXT;
    }

    /** The rows with their fates; keys are null where nothing but new rows was taken. */
    void forEach(BiConsumer<@Nullable RowKey, Fate> each) {
        fresh.forEach(row -> each.accept(null, new Fate(Effect.INSERT, row)));
        rows.forEach(each);
    }

    /** Takes a change in; false, and nothing is taken, where it must begin another segment. */
    boolean take(RowChange change) {
        if (change.changesKey() || !sameFormats(change.row())) {
            return false;
        }
        if (rows.isEmpty() && change.kind() == ChangeKind.INSERT) {
            fresh.add(change.row());
            count(change);
            return true;
        }
        if (!findByKey()) {
            return false;
        }
        RowKey key = RowKey.of(plan.key(), change.keyed());
        Fate before = rows.get(key);
        Fate fate = fold(before, change);
        if (fate == null) {
            return false;
        }
        rows.put(key, fate);
        count(change);
        return true;
    }

    private void count(RowChange change) {
        changes++;
        bytes += change.payload().remaining();
    }

    /**
     * Makes the rows findable; false where two have the same key, which only the table can tell.
     */
    private boolean findByKey() {
        for (RowImage row : fresh) {
            RowKey key = RowKey.of(plan.key(), row);
            if (rows.putIfAbsent(key, new Fate(Effect.INSERT, row)) != null) {
                rows.clear();
                return false;
            }
        }
        fresh.clear();
        return true;
    }

    private static @Nullable Fate fold(@Nullable Fate before, RowChange change) {
        RowImage row = change.row();
        if (before == null) {
            return switch (change.kind()) {
                case INSERT -> new Fate(Effect.INSERT, row);
                case UPDATE -> new Fate(Effect.UPDATE, row);
                case DELETE -> new Fate(Effect.DELETE, row);
                case TRUNCATE -> null;
            };
        }
        Effect effect = before.effect();
        return switch (change.kind()) {
            case INSERT ->
                    switch (effect) {
                        case DELETE -> new Fate(Effect.REPLACE, row);
                        case GONE -> new Fate(Effect.INSERT, row);
                        case INSERT, UPDATE, REPLACE -> null;
                    };
            case UPDATE ->
                    switch (effect) {
                        case INSERT, UPDATE, REPLACE -> new Fate(effect, row.over(before.image()));
                        case DELETE, GONE -> null;
                    };
            case DELETE ->
                    switch (effect) {
                        case INSERT -> new Fate(Effect.GONE, row);
                        case UPDATE, REPLACE -> new Fate(Effect.DELETE, row);
                        case DELETE, GONE -> null;
                    };
            case TRUNCATE -> null;
        };
    }

    /**
     * A column's values in one segment come all in text or all in binary form, so that keys compare
     * by their bytes and a staging column has one type.
     */
    private boolean sameFormats(RowImage image) {
        List<PlannedColumn> columns = plan.written();
        for (int i = 0; i < columns.size(); i++) {
            int index = columns.get(i).index();
            char kind = image.kind(index);
            char format = formats[index];
            if ((kind == TupleReader.TEXT || kind == TupleReader.BINARY)
                    && format != kind
                    && format != 0) {
                return false;
            }
        }
        for (int i = 0; i < columns.size(); i++) {
            int index = columns.get(i).index();
            char kind = image.kind(index);
            if (kind == TupleReader.TEXT || kind == TupleReader.BINARY) {
                formats[index] = kind;
            }
        }
        return true;
    }
}
