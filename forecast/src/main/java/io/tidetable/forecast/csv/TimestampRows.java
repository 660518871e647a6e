package io.tidetable.forecast.csv;

import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.csv.SeriesTable.BadRow;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One series, a row a step: {@code 1998-04-30 21:00:00,324}. The step is the commonest distance of
 * neighbours; steps that are missing are gaps.
 */
final class TimestampRows {
    private static final String NAME = "series";
    private static final int LONGEST = 10_000_000;

    private TimestampRows() {}

    /** Whether a row is a time and one more field. */
    static boolean isTimed(List<String> fields) {
        if (fields.size() != 2) {
            return false;
        }
        try {
            second(fields.getFirst());
            return true;
        } catch (DateTimeException | NumberFormatException e) {
            return false;
        }
    }

    static SeriesTable parse(List<String> rows, int firstLine, Seasons seasons) {
        List<BadRow> bad = new ArrayList<>();
        List<Row> read = new ArrayList<>();
        @Nullable Row last = null;
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).isBlank()) {
                continue;
            }
            try {
                Row row = row(firstLine + i, Fields.of(rows.get(i)));
                if (last != null && row.second <= last.second) {
                    throw new IllegalArgumentException("its time is not after the row before");
                }
                read.add(row);
                last = row;
            } catch (DateTimeException e) {
                bad.add(
                        new BadRow(
                                firstLine + i,
                                "'%s' is not a time such as 1998-04-30 21:00:00"
                                        .formatted(Fields.of(rows.get(i)).getFirst())));
            } catch (IllegalArgumentException e) {
                bad.add(new BadRow(firstLine + i, String.valueOf(e.getMessage())));
            }
        }
        if (read.isEmpty()) {
            return new SeriesTable(Map.of(), bad);
        }
        double[] values = onSteps(read, bad);
        return new SeriesTable(Map.of(NAME, Series.of(values).withSeasons(seasons)), bad);
    }

    private static double[] onSteps(List<Row> rows, List<BadRow> bad) {
        long step = commonestStep(rows);
        long first = rows.getFirst().second;
        long steps = (rows.getLast().second - first) / step + 1;
        int length = (int) Math.min(steps, LONGEST);
        double[] values = new double[length];
        Arrays.fill(values, Double.NaN);
        for (Row row : rows) {
            long place = (row.second - first) / step;
            if ((row.second - first) % step != 0 || place >= length) {
                bad.add(
                        new BadRow(
                                row.line,
                                "its time is not a multiple of the step of " + step + " s"));
            } else {
                values[(int) place] = row.value;
            }
        }
        return values;
    }

    private static long commonestStep(List<Row> rows) {
        Map<Long, Integer> counts = new HashMap<>();
        long best = 1;
        for (int i = 1; i < rows.size(); i++) {
            long step = rows.get(i).second - rows.get(i - 1).second;
            int count = counts.merge(step, 1, Integer::sum);
            if (count > counts.getOrDefault(best, 0)) {
                best = step;
            }
        }
        return best;
    }

    private static Row row(int line, List<String> fields) {
        if (fields.size() != 2) {
            throw new IllegalArgumentException(
                    "it has %d columns instead of timestamp,value".formatted(fields.size()));
        }
        if (!Fields.isValue(fields.get(1))) {
            throw new IllegalArgumentException(
                    "'%s' in column 2 is not a number".formatted(fields.get(1)));
        }
        return new Row(line, second(fields.getFirst()), Fields.number(fields.get(1)));
    }

    private static long second(String timestamp) {
        if (!timestamp.isEmpty() && timestamp.chars().allMatch(Character::isDigit)) {
            return Long.parseLong(timestamp);
        }
        String iso = timestamp.replace(' ', 'T');
        if (iso.length() == 10) {
            return LocalDate.parse(iso).toEpochSecond(LocalTime.MIN, ZoneOffset.UTC);
        }
        boolean zoned = iso.endsWith("Z") || iso.lastIndexOf('+') > 10 || iso.lastIndexOf('-') > 10;
        return zoned
                ? OffsetDateTime.parse(iso).toEpochSecond()
                : LocalDateTime.parse(iso).toEpochSecond(ZoneOffset.UTC);
    }

    private record Row(int line, long second, double value) {}
}
