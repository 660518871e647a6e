package io.tidetable.node.apply;

import io.tidetable.node.apply.FoldedRows.Row;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The order of many rows by their keys. Comparing keys one with another would fetch each of them
 * from memory a dozen times; instead the first bytes of each, behind those that all have in common,
 * are laid side by side, each with its row's place, and sorted as numbers.
 */
final class KeyOrder {
    /** Below this a plain sort is as fast. */
    private static final int MANY = 1000;

    private KeyOrder() {}

    /** The rows by key; all of them have one. */
    static Row[] of(List<Row> rows) {
        Row[] sorted = rows.toArray(Row[]::new);
        if (sorted.length < MANY || !sortByWindow(sorted)) {
            Arrays.sort(sorted, KeyOrder::compare);
        }
        return sorted;
    }

    private static int compare(Row one, Row other) {
        return key(one).compareTo(key(other));
    }

    private static RowKey key(Row row) {
        return Objects.requireNonNull(row.key());
    }

    /**
     * Sorts by a window of each key's bytes, where a number that holds the bytes that differ and
     * the row's place fits 63 bits; false, and nothing is done, where not.
     */
    private static boolean sortByWindow(Row[] rows) {
        RowKey first = key(rows[0]);
        int size = first.size();
        int common = size;
        for (Row row : rows) {
            RowKey key = key(row);
            if (key.size() != size) {
                return false;
            }
            common = key.inCommon(first, common);
        }
        int bitsOfPlace = 32 - Integer.numberOfLeadingZeros(rows.length - 1);
        int window = Math.min(size - common, (63 - bitsOfPlace) / 8);
        long[] numbers = new long[rows.length];
        for (int i = 0; i < rows.length; i++) {
            numbers[i] = (key(rows[i]).number(common, window) << bitsOfPlace) | i;
        }
        Arrays.sort(numbers);
        Row[] before = rows.clone();
        for (int i = 0; i < numbers.length; i++) {
            rows[i] = before[(int) (numbers[i] & ((1L << bitsOfPlace) - 1))];
        }
        if (common + window < size) {
            sortTies(rows, numbers, bitsOfPlace);
        }
        return true;
    }

    /** Rows whose windows are the same stand together by now. */
    private static void sortTies(Row[] rows, long[] numbers, int bitsOfPlace) {
        int from = 0;
        for (int i = 1; i <= rows.length; i++) {
            if (i == rows.length || numbers[i] >>> bitsOfPlace != numbers[from] >>> bitsOfPlace) {
                if (i - from > 1) {
                    Arrays.sort(rows, from, i, KeyOrder::compare);
                }
                from = i;
            }
        }
    }
}
