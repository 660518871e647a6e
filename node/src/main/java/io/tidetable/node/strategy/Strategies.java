package io.tidetable.node.strategy;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.functional.ConditionReader;
import io.tidetable.node.sampling.SampleProfile;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The strategies of a pipeline's tables as a destination remembers them: the table {@code
 * tidetable.strategy}. It lies where the rows lie, because what a merge brought and which strategy
 * that was are committed together. Each call is one statement of the caller's connection.
 */
public final class Strategies {
    private static final String COLUMNS =
            """
            SELECT namespace, name, current, next, configured, key_columns, key_sends, key_types,
                sample_below, table_rows, carried, condition, kinds, layout, as_of::text AS as_of, as_of_time, relaxed,
                digest_made, digest_rows, digest_sum1, digest_sum2, baseline
            FROM tidetable.strategy WHERE pipeline = ?
            """;

    private static final String PLAN =
            """
            INSERT INTO tidetable.strategy (pipeline, namespace, name, current, next, configured)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (pipeline, namespace, name) DO UPDATE
            SET next = excluded.next, changed_at = clock_timestamp()
            """;

    private static final String CONFIGURED =
            """
            INSERT INTO tidetable.strategy (pipeline, namespace, name, current, configured)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (pipeline, namespace, name) DO UPDATE
            SET configured = excluded.configured, changed_at = clock_timestamp()
            """;

    private static final String SETTLE =
            """
            UPDATE tidetable.strategy SET current = ?, next = NULL, key_columns = ?, key_sends = ?,
                key_types = ?, sample_below = ?, table_rows = ?, carried = ?, condition = ?, kinds = ?,
                layout = ?, as_of = ?::pg_lsn, as_of_time = ?, digest_made = ?, digest_rows = ?,
                digest_sum1 = ?, digest_sum2 = ?, baseline = NULL, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String RELAX =
            "UPDATE tidetable.strategy SET relaxed = ? WHERE pipeline = ? AND namespace = ? AND name = ?";

    private static final String BASELINE =
            "UPDATE tidetable.strategy SET baseline = ? WHERE pipeline = ? AND namespace = ? AND name = ? AND as_of = ?::pg_lsn";

    private final String pipeline;

    /** The strategies of a pipeline's tables. */
    public Strategies(String pipeline) {
        this.pipeline = pipeline;
    }

    /** What is remembered, by table; a table that is not in it carries every change. */
    public Map<TableId, TableStrategy> all(Connection destination) throws SQLException {
        Map<TableId, TableStrategy> all = new TreeMap<>();
        try (PreparedStatement statement = destination.prepareStatement(COLUMNS)) {
            statement.setString(1, pipeline);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    all.put(
                            new TableId(row.getString("namespace"), row.getString("name")),
                            strategy(row));
                }
            }
        }
        return all;
    }

    /** What is remembered of one table; null where every change is carried. */
    public @Nullable TableStrategy of(Connection destination, TableId table) throws SQLException {
        try (PreparedStatement statement =
                destination.prepareStatement(COLUMNS + " AND namespace = ? AND name = ?")) {
            keyed(statement, 1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? strategy(row) : null;
            }
        }
    }

    private static TableStrategy strategy(ResultSet row) throws SQLException {
        Strategy current = StrategyText.parse(row.getString("current"));
        String next = row.getString("next");
        String asOf = row.getString("as_of");
        OffsetDateTime time = row.getObject("as_of_time", OffsetDateTime.class);
        String made = row.getString("digest_made");
        return new TableStrategy(
                current,
                scope(current, row),
                next == null ? null : StrategyText.parse(next),
                StrategyText.parse(row.getString("configured")),
                asOf == null ? null : Lsn.parse(asOf),
                time == null ? null : time.toInstant(),
                texts(row, "relaxed"),
                made == null
                        ? null
                        : new RefreshDigest(
                                made,
                                row.getLong("digest_rows"),
                                row.getLong("digest_sum1"),
                                row.getLong("digest_sum2")),
                baseline(row));
    }

    private static @Nullable SampleProfile baseline(ResultSet row) throws SQLException {
        byte[] bytes = row.getBytes("baseline");
        return bytes == null ? null : SampleProfile.parse(bytes);
    }

    private static TableScope scope(Strategy current, ResultSet row) throws SQLException {
        List<String> key = texts(row, "key_columns");
        return switch (current) {
            case Strategy.PrioritizedDelta() -> TableScope.everything();
            case Strategy.Full _ -> new TableScope.AsOfRefresh();
            case Strategy.Sampling _ -> {
                List<String> sends = texts(row, "key_sends");
                List<String> types = texts(row, "key_types");
                List<KeySample.Part> parts = new ArrayList<>();
                for (int i = 0; i < key.size(); i++) {
                    String type = types.get(i);
                    parts.add(
                            new KeySample.Part(
                                    key.get(i), sends.get(i), type.isEmpty() ? null : type));
                }
                yield new TableScope.Sampled(
                        new KeySample(
                                parts,
                                row.getObject("sample_below", Long.class),
                                row.getLong("table_rows")));
            }
            case Strategy.Functional _ -> {
                String condition = row.getString("condition");
                Array carried = row.getArray("carried");
                yield new TableScope.Needed(
                        carried == null ? null : new TreeSet<>(texts(row, "carried")),
                        key,
                        condition == null
                                ? null
                                : new RowFilter(
                                        ConditionReader.read(condition),
                                        kinds(texts(row, "kinds"))),
                        texts(row, "layout"));
            }
        };
    }

    private static Map<String, ValueKind> kinds(List<String> written) {
        Map<String, ValueKind> kinds = new HashMap<>();
        for (int i = 0; i + 1 < written.size(); i += 2) {
            kinds.put(written.get(i), ValueKind.valueOf(written.get(i + 1)));
        }
        return kinds;
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        Array array = row.getArray(column);
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }

    /** A strategy is to be brought by the next merge. */
    public void plan(Connection destination, TableId table, TableStrategy known, Strategy next)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(PLAN)) {
            keyed(statement, 1, table);
            statement.setString(4, StrategyText.of(known.current()));
            statement.setString(5, StrategyText.of(next));
            statement.setString(6, StrategyText.of(known.configured()));
            statement.executeUpdate();
        }
    }

    /** Notes which strategy was asked for at the start. */
    public void configured(Connection destination, TableId table, Strategy asked)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(CONFIGURED)) {
            keyed(statement, 1, table);
            statement.setString(4, StrategyText.of(new Strategy.PrioritizedDelta()));
            statement.setString(5, StrategyText.of(asked));
            statement.executeUpdate();
        }
    }

    /**
     * The rows of a strategy are there, as of a position; to be committed with the last of them.
     *
     * @param digest of the rows; null where nobody will ask
     */
    public void settle(
            Connection destination,
            TableId table,
            Strategy strategy,
            TableScope scope,
            Lsn asOf,
            Instant asOfTime,
            @Nullable RefreshDigest digest)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(SETTLE)) {
            statement.setString(1, StrategyText.of(strategy));
            scope(statement, destination, scope);
            statement.setString(11, asOf.toString());
            statement.setObject(12, OffsetDateTime.ofInstant(asOfTime, ZoneOffset.UTC));
            statement.setString(13, digest == null ? null : digest.made());
            statement.setObject(14, digest == null ? null : digest.rows());
            statement.setObject(15, digest == null ? null : digest.sum1());
            statement.setObject(16, digest == null ? null : digest.sum2());
            keyed(statement, 17, table);
            statement.executeUpdate();
        }
    }

    private static void scope(PreparedStatement statement, Connection destination, TableScope scope)
            throws SQLException {
        List<KeySample.Part> parts = List.of();
        List<String> key = List.of();
        Long below = null;
        Long tableRows = null;
        Array carried = null;
        String condition = null;
        List<String> kinds = new ArrayList<>();
        List<String> layout = List.of();
        switch (scope) {
            case TableScope.Everything(), TableScope.AsOfRefresh() -> {}
            case TableScope.Sampled(KeySample sample) -> {
                parts = sample.parts();
                key = parts.stream().map(KeySample.Part::column).toList();
                below = sample.below();
                tableRows = sample.tableRows();
            }
            case TableScope.Needed needed -> {
                key = needed.key();
                layout = needed.layout();
                if (needed.columns() != null) {
                    carried = destination.createArrayOf("text", needed.columns().toArray());
                }
                RowFilter rows = needed.rows();
                if (rows != null) {
                    condition = rows.condition().sql();
                    rows.kindNames().forEach((column, kind) -> kinds.addAll(List.of(column, kind)));
                }
            }
        }
        statement.setArray(2, destination.createArrayOf("text", key.toArray()));
        statement.setArray(
                3,
                destination.createArrayOf(
                        "text", parts.stream().map(KeySample.Part::send).toArray()));
        statement.setArray(
                4,
                destination.createArrayOf(
                        "text",
                        parts.stream()
                                .map(part -> Objects.requireNonNullElse(part.type(), ""))
                                .toArray()));
        statement.setObject(5, below);
        statement.setObject(6, tableRows);
        statement.setArray(7, carried);
        statement.setString(8, condition);
        statement.setArray(9, destination.createArrayOf("text", kinds.toArray()));
        statement.setArray(10, destination.createArrayOf("text", layout.toArray()));
    }

    /** Which columns the destination takes without a value for as long as they are not carried. */
    public void relaxed(Connection destination, TableId table, List<String> columns)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(RELAX)) {
            statement.setArray(1, destination.createArrayOf("text", columns.toArray()));
            keyed(statement, 2, table);
            statement.executeUpdate();
        }
    }

    /** The baseline of the sample as of a refresh; nothing where there was another one since. */
    public void baseline(Connection destination, TableId table, Lsn asOf, SampleProfile baseline)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(BASELINE)) {
            statement.setBytes(1, baseline.bytes());
            keyed(statement, 2, table);
            statement.setString(5, asOf.toString());
            statement.executeUpdate();
        }
    }

    private void keyed(PreparedStatement statement, int first, TableId table) throws SQLException {
        statement.setString(first, pipeline);
        statement.setString(first + 1, table.namespace());
        statement.setString(first + 2, table.name());
    }
}
