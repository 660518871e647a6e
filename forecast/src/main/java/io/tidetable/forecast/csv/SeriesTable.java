package io.tidetable.forecast.csv;

import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The series of one file by their names, and the rows that could not be read.
 *
 * <p>Two layouts are told apart by the first line: two columns are a timestamp and a value, one
 * series; otherwise each row is a series, its name first (M4). A first line without a number in its
 * second column is a heading. Fields may stand in double quotes; an empty field, {@code NA} or
 * {@code NaN} is a gap, and at the end of a row nothing.
 */
public record SeriesTable(Map<String, Series> series, List<BadRow> bad) {
    public SeriesTable {
        series = new LinkedHashMap<>(series);
        bad = List.copyOf(bad);
    }

    /** Reads the lines of a file. */
    public static SeriesTable parse(List<String> lines, Seasons seasons) {
        List<String> first = lines.isEmpty() ? List.of() : Fields.of(lines.getFirst());
        boolean heading = first.size() < 2 || !Fields.isValue(first.get(1));
        List<String> rows = lines.subList(heading && !lines.isEmpty() ? 1 : 0, lines.size());
        int offset = lines.size() - rows.size() + 1;
        return first.size() == 2
                ? TimestampRows.parse(rows, offset, seasons)
                : SeriesRows.parse(rows, offset, seasons);
    }

    /**
     * A row that was left out.
     *
     * @param line counted from one
     * @param reason what is wrong with it
     */
    public record BadRow(int line, String reason) {
        @Override
        public String toString() {
            return "line " + line + ": " + reason;
        }
    }
}
