package io.tidetable.forecast.csv;

import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.csv.SeriesTable.BadRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One series a row, its name first. */
final class SeriesRows {
    private SeriesRows() {}

    static SeriesTable parse(List<String> rows, int firstLine, Seasons seasons) {
        Map<String, Series> series = new LinkedHashMap<>();
        List<BadRow> bad = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).isBlank()) {
                continue;
            }
            List<String> fields = Fields.of(rows.get(i));
            String name = fields.getFirst();
            try {
                if (series.containsKey(name)) {
                    throw new IllegalArgumentException("'" + name + "' is there twice");
                }
                series.put(name, Series.of(values(fields)).withSeasons(seasons));
            } catch (IllegalArgumentException e) {
                bad.add(new BadRow(firstLine + i, String.valueOf(e.getMessage())));
            }
        }
        return new SeriesTable(series, bad);
    }

    private static double[] values(List<String> fields) {
        int end = fields.size();
        while (end > 1 && Fields.isGap(fields.get(end - 1))) {
            end--;
        }
        if (end == 1) {
            throw new IllegalArgumentException("'" + fields.getFirst() + "' has no values");
        }
        double[] values = new double[end - 1];
        for (int column = 1; column < end; column++) {
            String field = fields.get(column);
            if (!Fields.isValue(field)) {
                throw new IllegalArgumentException(
                        "'%s' in column %d is not a number".formatted(field, column + 1));
            }
            values[column - 1] = Fields.number(field);
        }
        return values;
    }
}
