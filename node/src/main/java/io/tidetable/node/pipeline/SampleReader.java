package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.node.sampling.ColumnProfile;
import io.tidetable.node.sampling.Numbers;
import io.tidetable.node.sampling.SampleProfile;
import io.tidetable.node.strategy.KeySample;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a table's sample looks like at the destination. Keys are left out, since new rows have
 * new ones; of times only the hour and the day of the week are looked at, since time moves on.
 */
final class SampleReader {
    private static final int FETCH_ROWS = 2_000;

    private static final String COLUMNS =
            """
            WITH RECURSIVE base AS (
                SELECT a.attnum, a.attname, a.atttypid AS type FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL
                SELECT b.attnum, b.attname, t.typbasetype FROM base b
                    JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
            )
            SELECT b.attname, t.typname, t.typtype = 'e' AS is_enum, t.typcategory::text AS category
            FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
            ORDER BY b.attnum
            """;

    private final TableId table;
    private final KeySample sample;

    SampleReader(TableId table, KeySample sample) {
        this.table = table;
        this.sample = sample;
    }

    /** What is looked at in a column. */
    private enum Kind {
        NUMBER("(%1$s)::float8", "NULL"),
        TEXT("pg_catalog.char_length((%1$s)::text)", "pg_catalog.left((%1$s)::text, 60)"),
        CATEGORY("NULL", "(%1$s)::text"),
        MOMENT("NULL", "pg_catalog.to_char(%1$s, 'ID HH24')"),
        DAY("NULL", "pg_catalog.to_char(%1$s, 'ID')"),
        PRESENCE("NULL", "NULL");

        private final String number;
        private final String category;

        Kind(String number, String category) {
            this.number = number;
            this.category = category;
        }

        static Kind of(ResultSet row) throws SQLException {
            if (row.getBoolean("is_enum")) {
                return CATEGORY;
            }
            return switch (row.getString("category")) {
                case "N" ->
                        row.getString("typname").matches("int[248]|numeric|float[48]")
                                ? NUMBER
                                : PRESENCE;
                case "S" -> TEXT;
                case "B" -> CATEGORY;
                case "D" ->
                        switch (row.getString("typname")) {
                            case "date" -> DAY;
                            case "timestamp", "timestamptz" -> MOMENT;
                            default -> PRESENCE;
                        };
                default -> PRESENCE;
            };
        }
    }

    /** One column as it is being read. */
    private static final class Gathered {
        private final String column;
        private final Kind kind;
        private double[] numbers = new double[256];
        private int count;
        private long nulls;
        private @Nullable SortedMap<String, Long> categories = new TreeMap<>();

        Gathered(String column, Kind kind) {
            this.column = column;
            this.kind = kind;
        }

        void take(ResultSet row, int first) throws SQLException {
            if (row.getBoolean(first)) {
                nulls++;
                return;
            }
            double number = row.getDouble(first + 1);
            if (!row.wasNull() && !Double.isNaN(number)) {
                if (count == numbers.length) {
                    numbers = Arrays.copyOf(numbers, count * 2);
                }
                numbers[count++] = number;
            }
            String category = row.getString(first + 2);
            SortedMap<String, Long> known = categories;
            if (category != null && known != null) {
                known.merge(category, 1L, Long::sum);
                if (kind == Kind.TEXT && known.size() > ColumnProfile.MOST_CATEGORIES) {
                    // Words of their own in each row, not categories.
                    categories = null;
                }
            }
        }

        ColumnProfile profile(long rows) {
            boolean numeric = kind == Kind.NUMBER || kind == Kind.TEXT;
            boolean categorical = kind != Kind.NUMBER && kind != Kind.PRESENCE;
            return new ColumnProfile(
                    column,
                    rows,
                    nulls,
                    numeric ? Numbers.of(Arrays.copyOf(numbers, count)) : null,
                    categorical ? categories : null);
        }
    }

    /**
     * Reads the sample as it is now.
     *
     * @param destination in autocommit mode
     */
    SampleProfile read(Connection destination) throws SQLException {
        List<Gathered> columns = columns(destination);
        if (columns.isEmpty()) {
            return new SampleProfile(List.of());
        }
        StringBuilder expressions = new StringBuilder();
        for (Gathered each : columns) {
            String name = TableId.quote(each.column);
            expressions
                    .append(expressions.isEmpty() ? "" : ", ")
                    .append(name)
                    .append(" IS NULL, ")
                    .append(each.kind.number.formatted(name))
                    .append(", ")
                    .append(each.kind.category.formatted(name));
        }
        String query =
                "SELECT %s FROM %s WHERE %s".formatted(expressions, table.quoted(), sample.sql());
        long rows = 0;
        destination.setAutoCommit(false);
        try (Statement statement = destination.createStatement()) {
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery(query)) {
                while (row.next()) {
                    rows++;
                    for (int i = 0; i < columns.size(); i++) {
                        columns.get(i).take(row, 3 * i + 1);
                    }
                }
            }
        } finally {
            destination.rollback();
            destination.setAutoCommit(true);
        }
        List<ColumnProfile> profiles = new ArrayList<>();
        for (Gathered each : columns) {
            profiles.add(each.profile(rows));
        }
        return new SampleProfile(profiles);
    }

    private List<Gathered> columns(Connection destination) throws SQLException {
        List<String> key = sample.parts().stream().map(KeySample.Part::column).toList();
        List<Gathered> columns = new ArrayList<>();
        try (PreparedStatement statement = destination.prepareStatement(COLUMNS)) {
            statement.setString(1, table.quoted());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if (!key.contains(row.getString("attname"))) {
                        columns.add(new Gathered(row.getString("attname"), Kind.of(row)));
                    }
                }
            }
        }
        return columns;
    }
}
