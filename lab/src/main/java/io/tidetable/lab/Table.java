package io.tidetable.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Figures in rows.
 *
 * @param rows cells are texts or numbers, as many as there are columns
 */
public record Table(String title, List<String> columns, List<List<Object>> rows) {
    public Table {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    /** As aligned text. */
    String text() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(columns);
        rows.forEach(row -> lines.add(row.stream().map(Table::cell).toList()));
        int[] widths = new int[columns.size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder(title).append('\n');
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - line.get(i).length());
                text.append("  ").append(i == 0 ? line.get(i) + padding : padding + line.get(i));
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** As a value for JSON: a list of rows by column. */
    Map<String, Object> json() {
        List<Map<String, Object>> all = new ArrayList<>();
        for (List<Object> row : rows) {
            Map<String, Object> byColumn = new LinkedHashMap<>();
            for (int i = 0; i < columns.size(); i++) {
                byColumn.put(columns.get(i), row.get(i));
            }
            all.add(byColumn);
        }
        Map<String, Object> table = new LinkedHashMap<>();
        table.put("title", title);
        table.put("rows", all);
        return table;
    }

    private static String cell(Object value) {
        return value instanceof Double number
                ? String.format(Locale.ROOT, number < 0.1 ? "%.5f" : "%.3f", number)
                : value.toString();
    }
}
