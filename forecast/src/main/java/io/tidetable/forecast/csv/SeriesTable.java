package io.tidetable.forecast.csv;

import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The series of one file by their names, and the rows that could not be read.
 *
 * <p>A first line without any number after its first column is a heading, and so is one whose
 * columns are merely counted. Fields may stand in double quotes; an empty field, {@code NA} or
 * {@code NaN} is a gap, and at the end of a row nothing.
 */
public record SeriesTable(Map<String, Series> series, List<BadRow> bad) {
    public SeriesTable {
        series = new LinkedHashMap<>(series);
        bad = List.copyOf(bad);
    }

    /** Reads the lines of a file in the layout that it shows. */
    public static SeriesTable parse(List<String> lines, Seasons seasons) {
        return parse(lines, seasons, Layout.of(lines));
    }

    /** Reads the lines of a file in this layout. */
    public static SeriesTable parse(List<String> lines, Seasons seasons, Layout layout) {
        int heading = Heading.lines(lines);
        List<String> rows = lines.subList(heading, lines.size());
        return switch (layout) {
            case TIMESTAMPS -> TimestampRows.parse(rows, heading + 1, seasons);
            case SERIES -> SeriesRows.parse(rows, heading + 1, seasons);
        };
    }

    /** How a file holds its series. */
    public enum Layout {
        /** One series, a row a step: {@code timestamp,value}. */
        TIMESTAMPS,
        /** One series a row, its name first (M4). */
        SERIES;

        private static final int LOOKED_AT = 100;

        /**
         * The layout of these lines: timestamps where most of the first {@value #LOOKED_AT} rows
         * are a time and one value.
         */
        public static Layout of(List<String> lines) {
            List<List<String>> rows =
                    lines.stream()
                            .skip(Heading.lines(lines))
                            .filter(line -> !line.isBlank())
                            .limit(LOOKED_AT)
                            .map(Fields::of)
                            .toList();
            long timed = rows.stream().filter(TimestampRows::isTimed).count();
            return timed * 2 > rows.size() ? TIMESTAMPS : SERIES;
        }
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
