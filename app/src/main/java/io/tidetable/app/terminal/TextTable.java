package io.tidetable.app.terminal;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in aligned columns. */
public final class TextTable {
    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    /** Adds a column of words. */
    public TextTable left(String title) {
        columns.add(new Column(title, false));
        return this;
    }

    /** Adds a column of figures. */
    public TextTable right(String title) {
        columns.add(new Column(title, true));
        return this;
    }

    public void row(String... cells) {
        rows.add(List.of(cells));
    }

    /** Adds rows, each a cell for every column. */
    public TextTable rows(List<List<String>> more) {
        rows.addAll(more);
        return this;
    }

    /** The lines, the titles first. */
    public List<String> lines() {
        List<String> titles = columns.stream().map(Column::title).toList();
        int[] widths = titles.stream().mapToInt(String::length).toArray();
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(line(titles, widths));
        rows.forEach(row -> lines.add(line(row, widths)));
        return lines;
    }

    private String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = cells.get(i);
            String padding = " ".repeat(widths[i] - cell.length());
            line.append(i == 0 ? "" : "  ");
            line.append(columns.get(i).figures() ? padding + cell : cell + padding);
        }
        return line.toString().stripTrailing();
    }

    private record Column(String title, boolean figures) {}
}
