package io.tidetable.testkit;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Compares tables of two databases exactly, each side in one snapshot: the oracle of end-to-end
 * tests, written without any of the code it judges.
 *
 * <p>A row is its text form ({@code ROW(..)::text}, which tells NULL from an empty text and a float
 * from its neighbour). Rows fall into buckets by a hash; per bucket the number of rows and the sums
 * of two independent 64-bit hashes are compared, so order does not matter and duplicates count.
 * Where buckets differ their rows are read and told apart.
 *
 * <p>Without a list of tables it compares all tables of either side (partitioned tables by their
 * root) except those of the {@code tidetable} schema; a table or a column that one side lacks is a
 * difference.
 */
public final class DatabaseComparer {
    private static final String TABLES =
            """
            SELECT n.nspname, c.relname
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
              AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidetable')
            """;

    private final String sourceJdbcUrl;
    private final String destinationJdbcUrl;

    /** Compares the databases behind two JDBC URLs; each comparison connects anew. */
    public DatabaseComparer(String sourceJdbcUrl, String destinationJdbcUrl) {
        this.sourceJdbcUrl = sourceJdbcUrl;
        this.destinationJdbcUrl = destinationJdbcUrl;
    }

    /** What differs between two databases, in words, and how many rows the source had. */
    public record Comparison(List<String> differences, long sourceRows) {
        public Comparison {
            differences = List.copyOf(differences);
        }

        /** Whether nothing differs. */
        public boolean isEqual() {
            return differences.isEmpty();
        }

        @Override
        public String toString() {
            return isEqual()
                    ? "equal, %d rows".formatted(sourceRows)
                    : String.join("\n", differences);
        }
    }

    /** Compares all tables of both sides. */
    public Comparison compare() throws SQLException {
        try (Connection source = snapshot(sourceJdbcUrl);
                Connection destination = snapshot(destinationJdbcUrl)) {
            Collection<TableId> tables = new TreeSet<>(tablesOf(source));
            tables.addAll(tablesOf(destination));
            return compare(source, destination, tables);
        }
    }

    /** Compares the given tables. */
    public Comparison compare(Collection<TableId> tables) throws SQLException {
        try (Connection source = snapshot(sourceJdbcUrl);
                Connection destination = snapshot(destinationJdbcUrl)) {
            return compare(source, destination, tables);
        }
    }

    /** Fails with the difference unless all tables of both sides are equal. */
    public void assertEqual() throws SQLException {
        assertEqual(compare());
    }

    /** Fails with the difference unless the given tables are equal. */
    public void assertEqual(Collection<TableId> tables) throws SQLException {
        assertEqual(compare(tables));
    }

    private static void assertEqual(Comparison comparison) {
        if (!comparison.isEqual()) {
            throw new AssertionError("source and destination differ:\n" + comparison);
        }
    }

    private static Comparison compare(
            Connection source, Connection destination, Collection<TableId> tables)
            throws SQLException {
        List<String> differences = new ArrayList<>();
        long rows = 0;
        for (TableId table : tables) {
            rows += new TableComparison(table, source, destination, differences).compare();
        }
        return new Comparison(differences, rows);
    }

    private static Connection snapshot(String jdbcUrl) throws SQLException {
        Connection connection = DriverManager.getConnection(jdbcUrl);
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    """
                    SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres';
                    SET bytea_output = 'hex'; SET extra_float_digits = 1; SET xmlbinary = 'base64';
                    SET row_security = off; SET lc_monetary = 'C'; SET search_path = pg_catalog;
                    SET work_mem = '64MB'
                    """);
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT pg_current_snapshot()");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static List<TableId> tablesOf(Connection connection) throws SQLException {
        List<TableId> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(TABLES)) {
            while (rows.next()) {
                tables.add(new TableId(rows.getString(1), rows.getString(2)));
            }
        }
        return tables;
    }
}
