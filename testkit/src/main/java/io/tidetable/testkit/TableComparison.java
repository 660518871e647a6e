package io.tidetable.testkit;

import static java.util.stream.Collectors.joining;

import io.tidetable.model.TableId;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The comparison of one table in two open snapshots. */
final class TableComparison {
    private static final int BUCKETS = 1024;
    private static final int EXAMPLES = 10;
    private static final int LONGEST_ROW_SHOWN = 400;

    private static final String COLUMNS =
            """
            SELECT a.attname
            FROM pg_attribute a
            WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """;
    private static final String PRIMARY_KEY =
            """
            SELECT a.attname
            FROM pg_index i
              CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = to_regclass(?) AND i.indisprimary
            ORDER BY k.place
            """;

    /** Rows with their key; where there is none the whole row is its key. */
    private static final String ROWS =
            """
            (SELECT (ROW(%2$s)::text) COLLATE "C" AS k, (ROW(%3$s)::text) COLLATE "C" AS r FROM %4$s)
            """;

    private static final String BUCKET_SUMS =
            """
            SELECT hashtextextended(k, 1) & %1$d, count(*),
                   sum(hashtextextended(r, 2)::numeric), sum(hashtextextended(r, 3)::numeric)
            FROM\
            """
                    + ROWS
                    + """
                    AS rows
                    GROUP BY 1
                    """;
    private static final String BUCKET_ROWS =
            """
            SELECT k, r, count(*)
            FROM\
            """
                    + ROWS
                    + """
                    AS rows
                    WHERE hashtextextended(k, 1) & %1$d = ANY (?)
                    GROUP BY 1, 2
                    """;

    private record Bucket(long rows, BigDecimal first, BigDecimal second) {}

    private record Row(String key, String text) {}

    private final TableId table;
    private final Connection source;
    private final Connection destination;
    private final List<String> differences;

    TableComparison(
            TableId table, Connection source, Connection destination, List<String> differences) {
        this.table = table;
        this.source = source;
        this.destination = destination;
        this.differences = differences;
    }

    /** Adds what differs and gives the source's number of rows. */
    long compare() throws SQLException {
        List<String> columns = names(source, COLUMNS);
        List<String> destinationColumns = names(destination, COLUMNS);
        if (columns.isEmpty() || destinationColumns.isEmpty()) {
            // A table without columns cannot be told from none, and has nothing to compare.
            if (columns.isEmpty() != destinationColumns.isEmpty()) {
                differences.add(
                        "%s: is missing at the %s"
                                .formatted(table, columns.isEmpty() ? "source" : "destination"));
            }
            return 0;
        }
        if (!new HashSet<>(columns).equals(new HashSet<>(destinationColumns))) {
            differences.add(
                    "%s: columns at the source %s, at the destination %s"
                            .formatted(table, columns, destinationColumns));
        }
        List<String> common = new ArrayList<>(columns);
        common.retainAll(destinationColumns);
        if (common.isEmpty()) {
            return 0;
        }
        return compareRows(common);
    }

    private long compareRows(List<String> columns) throws SQLException {
        List<String> key = new ArrayList<>(names(source, PRIMARY_KEY));
        boolean keyed = !key.isEmpty() && columns.containsAll(key);
        String sums = sql(BUCKET_SUMS, columns, keyed ? key : columns);
        var there = inBackground(() -> buckets(destination, sums));
        Map<Integer, Bucket> here = buckets(source, sums);
        long sourceRows = rowsIn(here);
        Map<Integer, Bucket> destinationBuckets = await(there);
        List<Integer> different = new ArrayList<>();
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            if (!Objects.equals(here.get(bucket), destinationBuckets.get(bucket))) {
                different.add(bucket);
            }
        }
        if (!different.isEmpty()) {
            StringBuilder text = new StringBuilder();
            text.append(
                    "%s: %d rows at the source, %d at the destination, %d of %d buckets differ; columns %s"
                            .formatted(
                                    table,
                                    sourceRows,
                                    rowsIn(destinationBuckets),
                                    different.size(),
                                    BUCKETS,
                                    columns));
            List<Integer> looked = different.subList(0, Math.min(EXAMPLES, different.size()));
            String read = sql(BUCKET_ROWS, columns, keyed ? key : columns);
            examples(read, looked, keyed).forEach(example -> text.append("\n  ").append(example));
            differences.add(text.toString());
        }
        return sourceRows;
    }

    private String sql(String template, List<String> columns, List<String> key) {
        return template.formatted(BUCKETS - 1, list(key), list(columns), table.quoted());
    }

    private static long rowsIn(Map<Integer, Bucket> buckets) {
        return buckets.values().stream().mapToLong(Bucket::rows).sum();
    }

    /** What is in one side and not the other; with a primary key, both sides of a key together. */
    private List<String> examples(String read, List<Integer> buckets, boolean keyed)
            throws SQLException {
        Map<Row, Long> surplus = new HashMap<>(rows(source, read, buckets));
        rows(destination, read, buckets)
                .forEach((row, count) -> surplus.merge(row, -count, Long::sum));
        surplus.values().removeIf(count -> count == 0);
        Map<String, StringBuilder> byKey = new TreeMap<>();
        surplus.forEach((row, count) ->
                byKey.computeIfAbsent(
                                row.key, key -> new StringBuilder(keyed ? "key " + key + ":" : ""))
                        .append(
                                " %s has %d x %s;"
                                        .formatted(
                                                count > 0 ? "source" : "destination",
                                                Math.abs(count),
                                                shortened(row.text))));
        return byKey.values().stream()
                .limit(EXAMPLES)
                .map(example -> example.toString().strip())
                .toList();
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_ROW_SHOWN
                ? text
                : text.substring(0, LONGEST_ROW_SHOWN) + ".. (" + text.length() + " characters)";
    }

    private static Map<Integer, Bucket> buckets(Connection connection, String sql)
            throws SQLException {
        Map<Integer, Bucket> buckets = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                buckets.put(
                        rows.getInt(1),
                        new Bucket(rows.getLong(2), rows.getBigDecimal(3), rows.getBigDecimal(4)));
            }
        }
        return buckets;
    }

    private static Map<Row, Long> rows(Connection connection, String sql, List<Integer> buckets)
            throws SQLException {
        Map<Row, Long> counts = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("bigint", buckets.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    counts.put(new Row(rows.getString(1), rows.getString(2)), rows.getLong(3));
                }
            }
        }
        return counts;
    }

    private List<String> names(Connection connection, String sql) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, table.quoted());
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
        }
        return names;
    }

    private static String list(List<String> columns) {
        return columns.stream().map(TableId::quote).collect(joining(", "));
    }

    private interface Query<T> {
        T run() throws SQLException;
    }

    private static <T> CompletableFuture<T> inBackground(Query<T> query) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return query.run();
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        });
    }

    private static <T> T await(CompletableFuture<T> future) throws SQLException {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof SQLException failure) {
                throw failure;
            }
            throw e;
        }
    }
}
