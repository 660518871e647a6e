package io.tidetable.forecast.csv;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The first line of a file, where it names the columns. */
final class Heading {
    private static final Set<String> NAMES = Set.of("", "id", "name", "series", "unique_id");

    private Heading() {}

    /** How many lines the heading takes: none or one. */
    static int lines(List<String> lines) {
        return !lines.isEmpty() && isHeading(Fields.of(lines.getFirst())) ? 1 : 0;
    }

    private static boolean isHeading(List<String> fields) {
        List<String> columns = fields.subList(1, fields.size());
        if (columns.stream().allMatch(Fields::isGap)) {
            return columns.isEmpty();
        }
        boolean words = columns.stream().allMatch(field -> Double.isNaN(Fields.number(field)));
        boolean named = NAMES.contains(fields.getFirst().toLowerCase(Locale.ROOT));
        return words || (named && isCount(columns));
    }

    /** Whether these are the whole numbers from zero or one on. */
    private static boolean isCount(List<String> columns) {
        double first = Fields.number(columns.getFirst());
        if (first != 0 && first != 1) {
            return false;
        }
        for (int i = 1; i < columns.size(); i++) {
            if (Fields.number(columns.get(i)) != first + i) {
                return false;
            }
        }
        return true;
    }
}
