package io.tidetable.testkit;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Everything an application may do to its tables, by chance: inserts, upserts, updates of some
 * columns, deletes, changes of keys, truncates, rolled-back savepoints and transactions, many rows
 * in one transaction, values stored out of line and left unchanged, further unique keys handed from
 * row to row, rows without a key. Keys repeat often. In one thread the same seed gives the same
 * rows.
 */
public final class MixedChanges implements Workload {
    private static final String UNIQUE_VIOLATION = "23505";
    private static final int KEYS = 300;

    private static final String TABLES =
            """
            CREATE TABLE orders (
                id bigint PRIMARY KEY,
                customer text NOT NULL,
                amount numeric,
                ratio float8,
                paid boolean,
                tags text[],
                attributes jsonb,
                document text,
                raw bytea,
                placed timestamptz
            );
            ALTER TABLE orders ALTER COLUMN document SET STORAGE EXTERNAL;
            CREATE TABLE order_lines (
                order_id bigint,
                line int,
                article text,
                quantity int NOT NULL DEFAULT 1,
                note text,
                PRIMARY KEY (order_id, line)
            );
            CREATE TABLE articles (
                name text PRIMARY KEY,
                price numeric(20, 4),
                description text
            );
            ALTER TABLE articles ALTER COLUMN description SET STORAGE EXTERNAL;
            CREATE TABLE seats (
                id int PRIMARY KEY,
                place text UNIQUE,
                holder text
            );
            CREATE TABLE audit_log (
                id uuid PRIMARY KEY,
                at timestamptz NOT NULL,
                entry jsonb
            );
            """;
    private static final String KEYLESS_TABLE =
            """
            CREATE TABLE clicks (page int, visitor text, score float8, at timestamptz);
            ALTER TABLE clicks REPLICA IDENTITY FULL;
            """;

    private final boolean keyless;
    private final boolean truncates;
    private final int manyRows;

    /** All kinds of changes; the largest transactions have about 500 rows. */
    public MixedChanges() {
        this(true, true, 500);
    }

    /**
     * Chosen kinds of changes.
     *
     * @param keyless whether there is a table without a key ({@code clicks})
     * @param truncates whether tables are truncated
     * @param manyRows how many rows the largest transactions have, at least 1
     */
    public MixedChanges(boolean keyless, boolean truncates, int manyRows) {
        if (manyRows < 1) {
            throw new IllegalArgumentException("at least one row, got " + manyRows);
        }
        this.keyless = keyless;
        this.truncates = truncates;
        this.manyRows = manyRows;
    }

    /** Its tables. */
    public List<TableId> tables() {
        return tableNames().stream().map(name -> new TableId("public", name)).toList();
    }

    private List<String> tableNames() {
        List<String> names =
                new ArrayList<>(List.of("articles", "audit_log", "order_lines", "orders", "seats"));
        if (keyless) {
            names.add("clicks");
        }
        return names;
    }

    @Override
    public void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(TABLES);
            if (keyless) {
                statement.execute(KEYLESS_TABLE);
            }
        }
    }

    @Override
    public void transaction(Connection connection, RandomGenerator random) throws SQLException {
        Changes changes = new Changes(connection, random);
        if (random.nextInt(100) == 0) {
            changes.insertMany();
        }
        if (truncates && random.nextInt(150) == 0) {
            changes.truncate();
        }
        for (int left = random.nextInt(1, 7); left > 0; left--) {
            if (random.nextInt(10) == 0) {
                changes.regretted();
            }
            changes.any();
        }
        if (random.nextInt(20) == 0) {
            connection.rollback();
        }
    }

    private interface Change {
        void make() throws SQLException;
    }

    /** The changes of one transaction. */
    private final class Changes {
        private final Connection connection;
        private final RandomGenerator random;
        private final RandomValues values;

        private Changes(Connection connection, RandomGenerator random) {
            this.connection = connection;
            this.random = random;
            this.values = new RandomValues(random);
        }

        private void any() throws SQLException {
            switch (random.nextInt(keyless ? 13 : 11)) {
                case 0, 1 -> upsertOrder();
                case 2 -> updateOrder();
                case 3 -> updateDocument();
                case 4 -> delete();
                case 5 -> changeOrderKey();
                case 6 -> upsertLines();
                case 7 -> changeLineKey();
                case 8 -> changeArticle();
                case 9 -> changeSeats();
                case 10 -> audit();
                case 11 -> click();
                default -> unclick();
            }
        }

        private void regretted() throws SQLException {
            var savepoint = connection.setSavepoint();
            any();
            if (random.nextBoolean()) {
                any();
            }
            connection.rollback(savepoint);
        }

        private void upsertOrder() throws SQLException {
            execute(
                    """
                    INSERT INTO orders (id, customer, amount, ratio, paid, tags, attributes, document, raw, placed)
                    VALUES (CAST(? AS bigint), ?, CAST(? AS numeric), CAST(? AS float8), CAST(? AS boolean),
                            CAST(? AS text[]), CAST(? AS jsonb), ?, CAST(? AS bytea), CAST(? AS timestamptz))
                    ON CONFLICT (id) DO UPDATE
                    SET customer = excluded.customer, tags = excluded.tags, raw = excluded.raw
                    """,
                    key(),
                    values.word(),
                    values.numeric(),
                    values.floating(),
                    random.nextInt(3) == 0 ? null : Boolean.toString(random.nextBoolean()),
                    values.textArray(),
                    values.json(),
                    values.document(),
                    values.bytes(),
                    values.timestamp());
        }

        /** The document stays as it is: an unchanged value stored out of line. */
        private void updateOrder() throws SQLException {
            execute(
                    """
                    UPDATE orders
                    SET amount = CAST(? AS numeric), attributes = CAST(? AS jsonb),
                        ratio = CAST(? AS float8), paid = NOT paid
                    WHERE id BETWEEN CAST(? AS bigint) AND CAST(? AS bigint)
                    """,
                    values.numeric(),
                    values.json(),
                    values.floating(),
                    key(),
                    key());
        }

        private void updateDocument() throws SQLException {
            execute(
                    "UPDATE orders SET document = ? WHERE id = CAST(? AS bigint)",
                    values.document(),
                    key());
        }

        private void delete() throws SQLException {
            switch (random.nextInt(4)) {
                case 0 -> execute("DELETE FROM orders WHERE id = CAST(? AS bigint)", key());
                case 1 ->
                        execute(
                                "DELETE FROM order_lines WHERE order_id = CAST(? AS bigint)",
                                key());
                case 2 -> execute("DELETE FROM articles WHERE name = ?", values.name(KEYS));
                default -> execute("DELETE FROM seats WHERE id = CAST(? AS int)", key());
            }
        }

        private void changeOrderKey() throws SQLException {
            unlessTaken(() ->
                    execute(
                            """
                            UPDATE orders SET id = CAST(? AS bigint), customer = ?
                            WHERE id = CAST(? AS bigint)
                            """,
                            key(),
                            values.word(),
                            key()));
        }

        private void upsertLines() throws SQLException {
            execute(
                    """
                    INSERT INTO order_lines (order_id, line, article, quantity, note)
                    SELECT CAST(? AS bigint), line, ?, line * 2, ?
                    FROM generate_series(1, CAST(? AS int)) AS line
                    ON CONFLICT (order_id, line) DO UPDATE
                    SET quantity = order_lines.quantity + 1, note = excluded.note
                    """,
                    key(),
                    values.name(KEYS),
                    values.wordOrNull(),
                    Integer.toString(random.nextInt(1, 6)));
        }

        /** All lines of an order move to another number, or one line to another place. */
        private void changeLineKey() throws SQLException {
            boolean whole = random.nextBoolean();
            unlessTaken(() -> {
                if (whole) {
                    execute(
                            """
                            UPDATE order_lines SET order_id = CAST(? AS bigint)
                            WHERE order_id = CAST(? AS bigint)
                            """,
                            key(),
                            key());
                } else {
                    execute(
                            """
                            UPDATE order_lines SET line = line + 10, note = ?
                            WHERE order_id = CAST(? AS bigint) AND line = 1
                            """,
                            values.wordOrNull(),
                            key());
                }
            });
        }

        private void changeArticle() throws SQLException {
            switch (random.nextInt(3)) {
                case 0 ->
                        execute(
                                """
                                INSERT INTO articles (name, price, description)
                                VALUES (?, CAST(? AS numeric(20, 4)), ?)
                                ON CONFLICT (name) DO UPDATE SET price = excluded.price
                                """,
                                values.name(KEYS),
                                Integer.toString(random.nextInt(10_000)),
                                values.document());
                case 1 ->
                        execute(
                                "UPDATE articles SET price = price * 1.1 WHERE name = ?",
                                values.name(KEYS));
                default ->
                        unlessTaken(() ->
                                execute(
                                        "UPDATE articles SET name = ? WHERE name = ?",
                                        values.name(KEYS),
                                        values.name(KEYS)));
            }
        }

        /** A place goes from one seat to another: a second unique key that batches collide on. */
        private void changeSeats() throws SQLException {
            String one = key();
            String two = key();
            String place = values.name(KEYS);
            unlessTaken(() ->
                    execute(
                            """
                            INSERT INTO seats (id, place, holder) VALUES (CAST(? AS int), ?, ?)
                            ON CONFLICT (id) DO UPDATE SET holder = excluded.holder
                            """,
                            one,
                            place,
                            values.wordOrNull()));
            execute("UPDATE seats SET place = NULL WHERE id = CAST(? AS int)", two);
            unlessTaken(() ->
                    execute("UPDATE seats SET place = ? WHERE id = CAST(? AS int)", place, two));
            execute(
                    "UPDATE seats SET place = NULL, holder = ? WHERE id = CAST(? AS int)",
                    values.wordOrNull(),
                    one);
            unlessTaken(() ->
                    execute("UPDATE seats SET place = ? WHERE id = CAST(? AS int)", place, two));
        }

        private void audit() throws SQLException {
            execute(
                    """
                    INSERT INTO audit_log (id, at, entry)
                    VALUES (CAST(? AS uuid), CAST(? AS timestamptz), CAST(? AS jsonb))
                    """,
                    values.uuid(),
                    values.timestamp(),
                    values.json());
        }

        /** Equal rows are common among the clicks. */
        private void click() throws SQLException {
            execute(
                    """
                    INSERT INTO clicks (page, visitor, score, at)
                    SELECT CAST(? AS int), ?, CAST(? AS float8), '2026-03-01 00:00:00+00'
                    FROM generate_series(1, CAST(? AS int))
                    """,
                    Integer.toString(random.nextInt(20)),
                    random.nextBoolean() ? null : "visitor",
                    random.nextBoolean() ? "0.5" : values.floating(),
                    Integer.toString(random.nextInt(1, 4)));
        }

        /** One of several equal rows is changed or deleted. */
        private void unclick() throws SQLException {
            String one =
                    """
                    WHERE ctid = (SELECT ctid FROM clicks WHERE page = CAST(? AS int)
                                  ORDER BY visitor, score, at, ctid LIMIT 1)
                    """;
            String page = Integer.toString(random.nextInt(20));
            if (random.nextBoolean()) {
                execute("DELETE FROM clicks " + one, page);
            } else {
                execute("UPDATE clicks SET score = score + 1 " + one, page);
            }
        }

        private void truncate() throws SQLException {
            List<String> names = tableNames();
            execute("TRUNCATE " + names.get(random.nextInt(names.size())));
        }

        private void insertMany() throws SQLException {
            String rows = Integer.toString(random.nextInt(1, manyRows + 1));
            String first = Integer.toString(1_000_000 + random.nextInt(5) * manyRows);
            execute(
                    """
                    INSERT INTO order_lines (order_id, line, article, note)
                    SELECT CAST(? AS bigint) + n, 1, 'many', repeat('x', (n % 40)::int)
                    FROM generate_series(1, CAST(? AS int)) AS n
                    ON CONFLICT (order_id, line) DO UPDATE SET quantity = order_lines.quantity + 1
                    """,
                    first, rows);
            if (random.nextBoolean()) {
                execute(
                        "DELETE FROM order_lines WHERE order_id > 1000000 AND order_id % 3 = CAST(? AS int)",
                        Integer.toString(random.nextInt(3)));
            }
        }

        private String key() {
            return Integer.toString(random.nextInt(KEYS));
        }

        /** Makes a change, or leaves it where a unique key is taken already. */
        private void unlessTaken(Change change) throws SQLException {
            var savepoint = connection.setSavepoint();
            try {
                change.make();
                connection.releaseSavepoint(savepoint);
            } catch (SQLException e) {
                if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
                    throw e;
                }
                connection.rollback(savepoint);
            }
        }

        private void execute(String sql, @Nullable String... parameters) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int index = 0; index < parameters.length; index++) {
                    statement.setString(index + 1, parameters[index]);
                }
                statement.executeUpdate();
            }
        }
    }
}
