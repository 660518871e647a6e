package io.tidetable.node.strategy;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Columns of a destination's table that are not carried. Those that must have a value there are let
 * go without for as long as that lasts, and which they are is remembered.
 */
public final class BlankColumns {
    private static final String COLUMNS =
            """
            SELECT a.attname, a.attnotnull FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attgenerated = ''
            """;

    private static final String CONSTRAINT = "tidetable_has_value";

    private final Strategies strategies;
    private final TableId table;
    private final SortedSet<String> relaxed;

    /**
     * Columns of a table.
     *
     * @param relaxed those that were let go without a value before
     */
    public BlankColumns(Strategies strategies, TableId table, List<String> relaxed) {
        this.strategies = strategies;
        this.table = table;
        this.relaxed = new TreeSet<>(relaxed);
    }

    /** Those that are let go without a value now. */
    public SortedSet<String> relaxed() {
        return relaxed;
    }

    /**
     * Lets columns go without a value that a scope does not carry.
     *
     * @param destination in autocommit mode
     */
    public void relax(Connection destination, TableScope scope) throws SQLException {
        Set<String> required = new TreeSet<>();
        Set<String> blanks = scope.blanks(columns(destination, required));
        blanks.retainAll(required);
        if (blanks.isEmpty()) {
            return;
        }
        relaxed.addAll(blanks);
        change(
                destination,
                blanks.stream()
                        .map(column ->
                                "ALTER COLUMN %s DROP NOT NULL".formatted(TableId.quote(column)))
                        .toList());
    }

    private List<String> columns(Connection destination, Set<String> required) throws SQLException {
        List<String> all = new ArrayList<>();
        try (PreparedStatement statement = destination.prepareStatement(COLUMNS)) {
            statement.setString(1, table.quoted());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    all.add(row.getString("attname"));
                    if (row.getBoolean("attnotnull")) {
                        required.add(row.getString("attname"));
                    }
                }
            }
        }
        return all;
    }

    /**
     * Demands values again of columns that a scope carries; they all have one by now. Readers wait
     * for a moment only: what takes long is done under a lock that lets them.
     *
     * @param destination in autocommit mode
     */
    public void tighten(Connection destination, TableScope scope) throws SQLException {
        if (relaxed.isEmpty()) {
            return;
        }
        relaxed.retainAll(columns(destination, new TreeSet<>()));
        Set<String> carried = new TreeSet<>(relaxed);
        carried.removeAll(scope.blanks(List.copyOf(relaxed)));
        for (String column : carried) {
            String alter = "ALTER TABLE " + table.quoted() + " ";
            try (Statement statement = destination.createStatement()) {
                statement.execute("SET lock_timeout = 2000");
                statement.execute(alter + "DROP CONSTRAINT IF EXISTS " + CONSTRAINT);
                statement.execute(
                        alter
                                + "ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID"
                                        .formatted(CONSTRAINT, TableId.quote(column)));
                statement.execute(alter + "VALIDATE CONSTRAINT " + CONSTRAINT);
            }
            relaxed.remove(column);
            change(
                    destination,
                    List.of(
                            "ALTER COLUMN %s SET NOT NULL".formatted(TableId.quote(column)),
                            "DROP CONSTRAINT " + CONSTRAINT));
        }
    }

    private void change(Connection destination, List<String> actions) throws SQLException {
        destination.setAutoCommit(false);
        try (Statement statement = destination.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = 2000");
            statement.execute(
                    "ALTER TABLE %s %s".formatted(table.quoted(), String.join(", ", actions)));
            strategies.relaxed(destination, table, List.copyOf(relaxed));
            destination.commit();
        } finally {
            destination.rollback();
            destination.setAutoCommit(true);
        }
    }
}
