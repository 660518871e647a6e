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

    /** The lines, the titles first. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(line(columns.stream().map(Column::title).toList()));
        rows.forEach(row -> lines.add(line(row)));
        return lines;
    }

    private String line(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            int width = width(i);
            String padding = " ".repeat(width - cells.get(i).length());
            line.append(i == 0 ? "" : "  ");
            line.append(columns.get(i).figures() ? padding + cells.get(i) : cells.get(i) + padding);
        }
        return line.toString().stripTrailing();
    }

    private int width(int column) {
        int width = columns.get(column).title().length();
        for (List<String> row : rows) {
            width = Math.max(width, row.get(column).length());
        }
        return width;
    }

    private record Column(String title, boolean figures) {}
}
