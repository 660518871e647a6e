package io.tidetable.node.sampling;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a sample shows of one column.
 *
 * @param rows in the sample
 * @param nulls of them without a value
 * @param numbers the values, or the lengths of texts; null where there is no such thing
 * @param categories how often each value comes, or the hours of times; null where there are too
 *     many
 */
public record ColumnProfile(
        String column,
        long rows,
        long nulls,
        @Nullable Numbers numbers,
        @Nullable SortedMap<String, Long> categories) {
    /** Values of a column that are told apart; beyond it they are no categories. */
    public static final int MOST_CATEGORIES = 50;

    public ColumnProfile {
        categories =
                categories == null
                        ? null
                        : Collections.unmodifiableSortedMap(new TreeMap<>(categories));
    }

    void write(DataOutput out) throws IOException {
        out.writeUTF(column);
        out.writeLong(rows);
        out.writeLong(nulls);
        out.writeBoolean(numbers != null);
        if (numbers != null) {
            numbers.write(out);
        }
        out.writeInt(categories == null ? -1 : categories.size());
        if (categories != null) {
            for (Map.Entry<String, Long> category : categories.entrySet()) {
                out.writeUTF(category.getKey());
                out.writeLong(category.getValue());
            }
        }
    }

    static ColumnProfile read(DataInput in) throws IOException {
        String column = in.readUTF();
        long rows = in.readLong();
        long nulls = in.readLong();
        Numbers numbers = in.readBoolean() ? Numbers.read(in) : null;
        int count = in.readInt();
        SortedMap<String, Long> categories = count < 0 ? null : new TreeMap<>();
        for (int i = 0; categories != null && i < count; i++) {
            categories.put(in.readUTF(), in.readLong());
        }
        return new ColumnProfile(column, rows, nulls, numbers, categories);
    }
}
