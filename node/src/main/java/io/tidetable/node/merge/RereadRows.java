package io.tidetable.node.merge;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.copy.LayoutColumn;
import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.verify.RowKey;
import io.tidetable.node.verify.SqlText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Fetches rows whose values the change stream left out, by their keys. */
public final class RereadRows {
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final Database source;
    private final InstantSource clock;

    /** Reads from a source. */
    public RereadRows(Database source, InstantSource clock) {
        this.source = source;
        this.clock = clock;
    }

    /**
     * Reads rows under a snapshot that sees the transactions concerned. A commit is decoded before
     * it is visible, for as long as it waits for a standby; so this waits for it.
     *
     * @param keys at least one; the table has a key
     * @param columns the ones wanted
     * @param transactions top-level 64-bit ids of transactions that are known to be committed
     * @param patience how long to wait for them
     * @throws TidetableException TT-511 when one of them is not visible in time
     */
    public Reread read(
            TableLayout layout,
            Collection<RowKey> keys,
            Collection<String> columns,
            Collection<Long> transactions,
            Duration patience)
            throws SQLException, InterruptedException {
        Instant deadline = clock.instant().plus(patience);
        while (true) {
            try (SnapshotHolder holder = SnapshotHolder.take(source, "tidetable re-read", clock)) {
                SourceSnapshot snapshot = holder.snapshot();
                if (transactions.stream().allMatch(snapshot::sees)) {
                    return new Reread(
                            rows(holder, layout, List.copyOf(keys), List.copyOf(columns)),
                            snapshot);
                }
            }
            if (clock.instant().isAfter(deadline)) {
                throw new TidetableException(
                        "TT-511",
                        ("a committed transaction that changed %s is not visible at the source after %s;"
                                        + " it may wait for a synchronous standby; it is tried again")
                                .formatted(layout.source(), patience));
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    private static Map<RowKey, Map<String, @Nullable String>> rows(
            SnapshotHolder holder, TableLayout layout, List<RowKey> keys, List<String> columns)
            throws SQLException {
        Map<RowKey, Map<String, @Nullable String>> rows = new HashMap<>();
        try (Statement statement = holder.connection().createStatement();
                ResultSet row = statement.executeQuery(query(layout, keys, columns))) {
            while (row.next()) {
                Map<String, @Nullable String> values = new LinkedHashMap<>();
                for (int i = 0; i < columns.size(); i++) {
                    values.put(columns.get(i), row.getString(i + 2));
                }
                rows.put(keys.get(row.getInt(1) - 1), values);
            }
        }
        return rows;
    }

    /**
     * The key that was asked for comes back by its place, so that its text need not be the same.
     */
    private static String query(TableLayout layout, List<RowKey> keys, List<String> columns) {
        List<LayoutColumn> key = layout.key();
        List<Integer> places = IntStream.range(0, key.size()).boxed().toList();
        String wanted =
                places.stream()
                        .map(i ->
                                SqlText.array(keys.stream().map(k -> k.values().get(i)).toList())
                                        + "::text[]")
                        .collect(Collectors.joining(", "));
        String names = places.stream().map(i -> "k" + i).collect(Collectors.joining(", "));
        String match =
                places.stream()
                        .map(i ->
                                "t.%s = wanted.k%d::%s"
                                        .formatted(
                                                key.get(i).quoted(), i, key.get(i).source().bare()))
                        .collect(Collectors.joining(" AND "));
        String values =
                columns.stream()
                        .map(name -> "t.%s::text".formatted(TableId.quote(name)))
                        .collect(Collectors.joining(", "));
        return "SELECT wanted.place, %s FROM unnest(%s) WITH ORDINALITY AS wanted (%s, place) JOIN %s t ON %s"
                .formatted(values, wanted, names, layout.from(Side.SOURCE), match);
    }
}
