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
        GONE;

        /** The first change of a row; null where it is not one of a row. */
        static @Nullable Effect of(ChangeKind kind) {
            return switch (kind) {
                case INSERT -> INSERT;
                case UPDATE -> UPDATE;
                case DELETE -> DELETE;
                case TRUNCATE -> null;
            };
        }

        /** One more change of the row; null where it does not follow. */
        @Nullable Effect then(ChangeKind kind) {
            return switch (kind) {
                case INSERT ->
                        switch (this) {
                            case DELETE -> REPLACE;
                            case GONE -> INSERT;
                            case INSERT, UPDATE, REPLACE -> null;
                        };
                case UPDATE ->
                        switch (this) {
                            case INSERT, UPDATE, REPLACE -> this;
                            case DELETE, GONE -> null;
                        };
                case DELETE ->
                        switch (this) {
                            case INSERT -> GONE;
                            case UPDATE, REPLACE -> DELETE;
                            case DELETE, GONE -> null;
                        };
                case TRUNCATE -> null;
            };
        }
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
        ChangeKind kind = change.kind();
        Effect effect = before == null ? Effect.of(kind) : before.effect().then(kind);
        if (effect == null) {
            return null;
        }
        RowImage row = change.row();
        return new Fate(
                effect,
                before != null && kind == ChangeKind.UPDATE ? row.over(before.image()) : row);
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
