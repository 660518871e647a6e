package io.tidetable.lab.bench;

import io.tidetable.lab.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** What a benchmark measured, round by round, of each contender in each case. */
final class Figures {
    private final Consumer<String> progress;
    private final Map<Row, Map<String, List<Double>>> rounds = new LinkedHashMap<>();

    Figures(Consumer<String> progress) {
        this.progress = progress;
    }

    private record Row(String subject, String contender) {}

    /** Notes one round's figure of a contender in a case. */
    void note(String subject, String contender, String figure, double value) {
        rounds.computeIfAbsent(new Row(subject, contender), key -> new LinkedHashMap<>())
                .computeIfAbsent(figure, key -> new ArrayList<>())
                .add(value);
        progress.accept(
                String.format(Locale.ROOT, "%s, %s: %s %.3f", subject, contender, figure, value));
    }

    double median(String subject, String contender, String figure) {
        return median(
                rounds.getOrDefault(new Row(subject, contender), Map.of())
                        .getOrDefault(figure, List.of(Double.NaN)));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The medians over the rounds. */
    Table medians(String title) {
        Set<String> figures = new LinkedHashSet<>();
        rounds.values().forEach(each -> figures.addAll(each.keySet()));
        List<String> columns = new ArrayList<>(List.of("case", "contender"));
        columns.addAll(figures);
        List<List<Object>> rows = new ArrayList<>();
        rounds.forEach((row, values) -> {
            List<Object> cells = new ArrayList<>(List.of(row.subject(), row.contender()));
            for (String figure : figures) {
                List<Double> measured = values.get(figure);
                cells.add(measured == null ? "" : (Object) median(measured));
            }
            rows.add(cells);
        });
        return new Table(title, columns, rows);
    }
}
