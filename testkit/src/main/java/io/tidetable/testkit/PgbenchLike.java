package io.tidetable.testkit;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The TPC-B-like load of pgbench: its four tables and its transaction. Per scale 1 branch, 10
 * tellers and 100,000 accounts (or fewer, for a quick start); {@code pgbench_history} has no key
 * and, as in pgbench, publishes only inserts.
 */
public final class PgbenchLike implements Workload {
    private static final int TELLERS = 10;
    private static final int ACCOUNTS = 100_000;

    private final int scale;
    private final int accountsPerBranch;

    /**
     * As pgbench makes it.
     *
     * @param scale number of branches
     */
    public PgbenchLike(int scale) {
        this(scale, ACCOUNTS);
    }

    /** With another number of accounts in each branch. */
    public PgbenchLike(int scale, int accountsPerBranch) {
        if (scale < 1 || accountsPerBranch < 1) {
            throw new IllegalArgumentException(
                    "scale and accounts must be positive, got %d and %d"
                            .formatted(scale, accountsPerBranch));
        }
        this.scale = scale;
        this.accountsPerBranch = accountsPerBranch;
    }

    /** Its four tables. */
    public static List<TableId> tables() {
        return List.of(
                new TableId("public", "pgbench_accounts"),
                new TableId("public", "pgbench_branches"),
                new TableId("public", "pgbench_history"),
                new TableId("public", "pgbench_tellers"));
    }

    @Override
    public void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    """
                    CREATE TABLE pgbench_branches (
                        bid int NOT NULL, bbalance int, filler char(88));
                    CREATE TABLE pgbench_tellers (
                        tid int NOT NULL, bid int, tbalance int, filler char(84));
                    CREATE TABLE pgbench_accounts (
                        aid int NOT NULL, bid int, abalance int, filler char(84));
                    CREATE TABLE pgbench_history (
                        tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
                    INSERT INTO pgbench_branches (bid, bbalance)
                    SELECT bid, 0 FROM generate_series(1, %1$d) AS bid;
                    INSERT INTO pgbench_tellers (tid, bid, tbalance)
                    SELECT tid, (tid - 1) / %2$d + 1, 0 FROM generate_series(1, %1$d * %2$d) AS tid;
                    INSERT INTO pgbench_accounts (aid, bid, abalance, filler)
                    SELECT aid, (aid - 1) / %3$d + 1, 0, '' FROM generate_series(1, %1$d * %3$d) AS aid;
                    ALTER TABLE pgbench_branches ADD PRIMARY KEY (bid);
                    ALTER TABLE pgbench_tellers ADD PRIMARY KEY (tid);
                    ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
                    ANALYZE pgbench_branches, pgbench_tellers, pgbench_accounts, pgbench_history
                    """
                            .formatted(scale, TELLERS, accountsPerBranch));
        }
    }

    @Override
    public void transaction(Connection connection, RandomGenerator random) throws SQLException {
        int aid = 1 + random.nextInt(scale * accountsPerBranch);
        int bid = 1 + random.nextInt(scale);
        int tid = 1 + random.nextInt(scale * TELLERS);
        int delta = random.nextInt(-5000, 5001);
        execute(
                connection,
                "UPDATE pgbench_accounts SET abalance = abalance + ? WHERE aid = ?",
                delta,
                aid);
        try (PreparedStatement select =
                connection.prepareStatement(
                        "SELECT abalance FROM pgbench_accounts WHERE aid = ?")) {
            select.setInt(1, aid);
            select.executeQuery().close();
        }
        execute(
                connection,
                "UPDATE pgbench_tellers SET tbalance = tbalance + ? WHERE tid = ?",
                delta,
                tid);
        execute(
                connection,
                "UPDATE pgbench_branches SET bbalance = bbalance + ? WHERE bid = ?",
                delta,
                bid);
        execute(
                connection,
                """
                INSERT INTO pgbench_history (tid, bid, aid, delta, mtime)
                VALUES (?, ?, ?, ?, current_timestamp)
                """,
                tid,
                bid,
                aid,
                delta);
    }

    private static void execute(Connection connection, String sql, int... values)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int index = 0; index < values.length; index++) {
                statement.setInt(index + 1, values[index]);
            }
            statement.executeUpdate();
        }
    }

    /**
     * What is wrong where whole transactions appear at once (a quiet source, a destination that has
     * caught up, a consistency group of the four): all balances must have the same sum.
     */
    public Optional<String> violation(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                """
                                SELECT (SELECT coalesce(sum(abalance), 0) FROM pgbench_accounts),
                                       (SELECT coalesce(sum(tbalance), 0) FROM pgbench_tellers),
                                       (SELECT coalesce(sum(bbalance), 0) FROM pgbench_branches),
                                       (SELECT coalesce(sum(delta), 0) FROM pgbench_history)
                                """)) {
            row.next();
            long accounts = row.getLong(1);
            boolean same =
                    row.getLong(2) == accounts
                            && row.getLong(3) == accounts
                            && row.getLong(4) == accounts;
            return same
                    ? Optional.empty()
                    : Optional.of(
                            "the sums differ: accounts %d, tellers %d, branches %d, history %d"
                                    .formatted(
                                            accounts,
                                            row.getLong(2),
                                            row.getLong(3),
                                            row.getLong(4)));
        }
    }
}
