package io.tidetable.node.catalog;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Notices what the source did to rows of whole tables without a word in the change stream: a column
 * rewritten in place, and a column that took another's name. What it saw is noted at the
 * destination, so that nothing is missed while nobody looks. Not thread-safe.
 */
public final class UnsaidChanges {
    /**
     * A column is its number, the transaction that last defined it, and its name. A table that was
     * truncated or vacuumed has another file, but its columns are not defined anew.
     */
    private static final String NOW =
            """
            SELECT n.nspname, c.relname, c.relfilenode::bigint AS file,
                ARRAY(SELECT concat_ws(':', a.attnum, a.xmin, a.attname)
                    FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    ORDER BY a.attnum) AS columns
            FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
            JOIN pg_catalog.pg_namespace n ON n.nspname = w.namespace
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
            WHERE c.relkind IN ('r', 'p')
            """;

    private static final String NOTED =
            """
            SELECT namespace, name, file, columns FROM tidetable.source_file WHERE pipeline = ?
            """;

    private static final String SNAPSHOTS =
            """
            SELECT namespace, name, oldest_snapshot FROM tidetable.replicated_table
            WHERE pipeline = ? AND oldest_snapshot IS NOT NULL
            """;

    private static final String NOTE =
            """
            INSERT INTO tidetable.source_file (pipeline, namespace, name, file, columns)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (pipeline, namespace, name) DO UPDATE
            SET file = excluded.file, columns = excluded.columns
            """;

    private static final String MERGE_NEEDED =
            """
            UPDATE tidetable.replicated_table SET needs_merge = true, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private final String pipeline;
    private final Map<TableId, Storage> seen = new HashMap<>();

    /** Nothing seen yet. */
    public UnsaidChanges(String pipeline) {
        this.pipeline = pipeline;
    }

    private record Storage(long file, List<String> columns) {
        /** Why rows may have changed since; null where they have not. */
        @Nullable String changedSince(Storage before) {
            Map<String, String> definitions = new HashMap<>();
            Map<String, String> numbers = new HashMap<>();
            for (String column : before.columns) {
                String[] parts = column.split(":", 3);
                definitions.put(parts[0], parts[1]);
                numbers.put(parts[2], parts[0]);
            }
            for (String column : columns) {
                String[] parts = column.split(":", 3);
                if (!numbers.getOrDefault(parts[2], parts[0]).equals(parts[0])) {
                    return "column %s is another than before".formatted(parts[2]);
                }
                if (file != before.file
                        && !definitions.getOrDefault(parts[0], parts[1]).equals(parts[1])) {
                    return "column %s was rewritten".formatted(parts[2]);
                }
            }
            return null;
        }

        /** The same since a copy of it, from which nothing was noted. */
        @Nullable String changedSince(SourceSnapshot copy) {
            for (String column : columns) {
                String[] parts = column.split(":", 3);
                if (!copy.seesXmin(Long.parseLong(parts[1]))) {
                    return "column %s was defined after the copy".formatted(parts[2]);
                }
            }
            return null;
        }
    }

    /** Forgets what it saw itself; what is noted at the destination counts. */
    public void forget() {
        seen.clear();
    }

    /**
     * Looks at tables whose first copy is over. Those whose rows may have changed are told, with
     * the reason, after it was noted that they need a merge.
     *
     * @param destination in autocommit mode
     */
    public Map<TableId, String> look(
            Connection source, Connection destination, Collection<TableId> tables)
            throws SQLException {
        Map<TableId, Storage> changed = now(source, tables);
        changed.entrySet().removeIf(each -> each.getValue().equals(seen.get(each.getKey())));
        if (changed.isEmpty()) {
            return Map.of();
        }
        Map<TableId, Storage> noted = noted(destination);
        Map<TableId, SourceSnapshot> copies =
                noted.keySet().containsAll(changed.keySet()) ? Map.of() : copies(destination);
        Map<TableId, String> reasons = new TreeMap<>();
        List<TableId> outdated = new ArrayList<>();
        changed.forEach((table, storage) -> {
            Storage before = noted.get(table);
            SourceSnapshot copy = copies.get(table);
            String reason =
                    before != null
                            ? storage.changedSince(before)
                            : copy == null ? null : storage.changedSince(copy);
            if (reason != null) {
                reasons.put(table, reason);
            }
            if (!storage.equals(before)) {
                outdated.add(table);
            }
        });
        if (!outdated.isEmpty()) {
            note(destination, changed, outdated, reasons.keySet());
        }
        seen.putAll(changed);
        return reasons;
    }

    private static Map<TableId, Storage> now(Connection source, Collection<TableId> tables)
            throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(NOW)) {
            TextArrays.setNames(statement, 1, tables);
            return read(statement);
        }
    }

    private Map<TableId, Storage> noted(Connection destination) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(NOTED)) {
            statement.setString(1, pipeline);
            return read(statement);
        }
    }

    /** What the tables' copies saw. */
    private Map<TableId, SourceSnapshot> copies(Connection destination) throws SQLException {
        Map<TableId, SourceSnapshot> copies = new HashMap<>();
        try (PreparedStatement statement = destination.prepareStatement(SNAPSHOTS)) {
            statement.setString(1, pipeline);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    copies.put(
                            new TableId(row.getString(1), row.getString(2)),
                            SourceSnapshot.parse(row.getString(3), Lsn.ZERO));
                }
            }
        }
        return copies;
    }

    private static Map<TableId, Storage> read(PreparedStatement statement) throws SQLException {
        Map<TableId, Storage> tables = new HashMap<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Array columns = row.getArray("columns");
                tables.put(
                        new TableId(row.getString(1), row.getString(2)),
                        new Storage(
                                row.getLong("file"), Arrays.asList((String[]) columns.getArray())));
            }
        }
        return tables;
    }

    private void note(
            Connection destination,
            Map<TableId, Storage> storages,
            List<TableId> outdated,
            Collection<TableId> toMerge)
            throws SQLException {
        destination.setAutoCommit(false);
        try (PreparedStatement note = destination.prepareStatement(NOTE);
                PreparedStatement mark = destination.prepareStatement(MERGE_NEEDED)) {
            for (TableId table : outdated) {
                Storage storage = storages.getOrDefault(table, new Storage(0, List.of()));
                bind(note, table);
                note.setLong(4, storage.file());
                note.setArray(5, destination.createArrayOf("text", storage.columns().toArray()));
                note.addBatch();
            }
            note.executeBatch();
            for (TableId table : toMerge) {
                bind(mark, table);
                mark.executeUpdate();
            }
            destination.commit();
        } catch (SQLException e) {
            if (!Sql.isConnectionLost(e)) {
                destination.rollback();
            }
            throw e;
        } finally {
            destination.setAutoCommit(true);
        }
    }

    private void bind(PreparedStatement statement, TableId table) throws SQLException {
        statement.setString(1, pipeline);
        statement.setString(2, table.namespace());
        statement.setString(3, table.name());
    }
}
