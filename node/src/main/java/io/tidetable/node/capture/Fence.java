package io.tidetable.node.capture;

import io.tidetable.model.TableId;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Waits until a snapshot may count for a copy. Whatever was open when publishing began or widened
 * has rows that the stream does not carry and that an early snapshot does not see either; once
 * those transactions have ended, every row is in the one or in the other.
 *
 * <p>An interrupt ends the waiting. Nothing is held at the source meanwhile.
 */
public final class Fence {
    /**
     * Takes an id of its own, above every id in use. (The xmax of a snapshot would not do: it is
     * the newest <em>ended</em> id plus one, so that a running transaction may lie at or above it.)
     */
    private static final String OWN_XID = "SELECT pg_catalog.pg_current_xact_id()::text";

    private static final String ENDED_BELOW =
            """
            SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()) >= ?::xid8
            """;

    /** Sessions and prepared transactions with an id below the limit, as far as can be seen. */
    private static final String RUNNING_BELOW =
            """
            SELECT 'pid ' || pid FROM pg_catalog.pg_stat_activity
            WHERE backend_xid IS NOT NULL AND pg_catalog.age(backend_xid)
                > pg_catalog.age(?::xid8::xid)
            UNION ALL
            SELECT 'prepared transaction ' || gid FROM pg_catalog.pg_prepared_xacts
            WHERE pg_catalog.age(transaction) > pg_catalog.age(?::xid8::xid)
            """;

    /**
     * Transactions that hold a lock under which rows are written or a table is truncated, on the
     * tables or partitions of theirs. Locks of VACUUM and CREATE INDEX are left out: they write no
     * rows and may last for hours. A prepared transaction has no pid.
     */
    private static final String WRITERS =
            """
            WITH wanted AS (
                SELECT c.oid, w.namespace, w.name
                FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
                JOIN pg_catalog.pg_namespace n ON n.nspname = w.namespace
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
            ), relation AS (
                SELECT oid, namespace, name FROM wanted
                UNION
                SELECT t.relid, namespace, name
                FROM wanted, pg_catalog.pg_partition_tree(wanted.oid) t
            )
            SELECT DISTINCT r.namespace, r.name, l.virtualtransaction,
                coalesce('pid ' || l.pid, 'prepared transaction ' || l.virtualtransaction)
            FROM pg_catalog.pg_locks l
            JOIN relation r ON r.oid = l.relation
            WHERE l.locktype = 'relation' AND l.granted
            AND l.database = (SELECT oid FROM pg_catalog.pg_database
                WHERE datname = current_database())
            AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                'AccessExclusiveLock')
            AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
            """;

    private final Duration interval;
    private final Duration sayAfter;
    private final Consumer<Waiting> listener;

    /**
     * A fence.
     *
     * @param interval between two looks
     * @param sayAfter how long it waits before it says for whom, and again each time as long
     */
    public Fence(Duration interval, Duration sayAfter, Consumer<Waiting> listener) {
        this.interval = interval;
        this.sayAfter = sayAfter;
        this.listener = listener;
    }

    /**
     * Whom the fence waits for.
     *
     * @param reason what was begun, for people
     * @param blockers sessions and prepared transactions, for people
     * @param waited since the fence began to wait
     */
    public record Waiting(String reason, List<String> blockers, Duration waited) {
        public Waiting {
            blockers = List.copyOf(blockers);
        }
    }

    /** Waits until snapshots count for what a slot publishes that was just made. */
    public void awaitSlot(Connection source) throws SQLException, InterruptedException {
        String limit = text(source, OWN_XID);
        await(
                "the slot just made",
                () -> true,
                () -> endedBelow(source, limit),
                () -> runningBelow(source, limit));
    }

    /**
     * Waits until snapshots count for tables that were just added to a publication, or whose
     * published columns or rows were widened.
     */
    public void awaitTables(Connection source, Collection<TableId> tables)
            throws SQLException, InterruptedException {
        awaitTables(source, tables, () -> true);
    }

    /**
     * Waits like {@link #awaitTables(Connection, Collection)}, or until that is of no use any more.
     *
     * @return whether the fence was passed
     */
    public boolean awaitTables(
            Connection source, Collection<TableId> tables, BooleanSupplier wanted)
            throws SQLException, InterruptedException {
        Set<String> open = new HashSet<>();
        List<String> blockers = new ArrayList<>();
        writers(source, tables).forEach(writer -> open.add(writer.transaction()));
        return await(
                "tables just published: " + tables,
                wanted,
                () -> {
                    List<Writer> now =
                            writers(source, tables).stream()
                                    .filter(w -> open.contains(w.transaction()) || w.recovered())
                                    .toList();
                    blockers.clear();
                    now.forEach(writer -> blockers.add(writer.name()));
                    return now.isEmpty();
                },
                () -> blockers);
    }

    /**
     * Waits for the tables, each by itself: nobody waits for the writers of others.
     *
     * @param passed told of each as soon as everybody has ended who wrote to it before
     */
    public void awaitEach(Connection source, Collection<TableId> tables, Consumer<TableId> passed)
            throws SQLException, InterruptedException {
        Set<TableId> left = new HashSet<>(tables);
        Map<TableId, Set<String>> open = new HashMap<>();
        for (Writer writer : writers(source, left)) {
            open.computeIfAbsent(writer.table(), _ -> new HashSet<>()).add(writer.transaction());
        }
        List<String> blockers = new ArrayList<>();
        await(
                "tables just published: " + tables,
                () -> true,
                () -> {
                    Set<TableId> written = new HashSet<>();
                    blockers.clear();
                    for (Writer writer : writers(source, left)) {
                        if (writer.recovered()
                                || open.getOrDefault(writer.table(), Set.of())
                                        .contains(writer.transaction())) {
                            written.add(writer.table());
                            blockers.add(writer.name());
                        }
                    }
                    for (TableId table : List.copyOf(left)) {
                        if (!written.contains(table)) {
                            left.remove(table);
                            passed.accept(table);
                        }
                    }
                    return left.isEmpty();
                },
                () -> blockers);
    }

    /** Transactions that may write to the table now, for {@link #isAhead}. */
    public static Set<String> writersOf(Connection source, TableId table) throws SQLException {
        Set<String> open = new HashSet<>();
        writers(source, List.of(table)).forEach(writer -> open.add(writer.transaction()));
        return open;
    }

    /**
     * Whether one of the transactions is still open that could write to the table before.
     *
     * @param before from {@link #writersOf}
     */
    public static boolean isAhead(Connection source, TableId table, Set<String> before)
            throws SQLException {
        return writers(source, List.of(table)).stream()
                .anyMatch(writer -> writer.recovered() || before.contains(writer.transaction()));
    }

    private boolean await(String reason, BooleanSupplier wanted, Question passed, Blockers blockers)
            throws SQLException, InterruptedException {
        long began = System.nanoTime();
        long saidAt = began;
        while (!passed.ask()) {
            if (!wanted.getAsBoolean()) {
                return false;
            }
            Thread.sleep(interval);
            long now = System.nanoTime();
            if (now - saidAt >= sayAfter.toNanos()) {
                saidAt = now;
                listener.accept(
                        new Waiting(reason, blockers.list(), Duration.ofNanos(now - began)));
            }
        }
        return true;
    }

    private static boolean endedBelow(Connection source, String limit) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(ENDED_BELOW)) {
            statement.setString(1, limit);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getBoolean(1);
            }
        }
    }

    private static List<String> runningBelow(Connection source, String limit) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(RUNNING_BELOW)) {
            statement.setString(1, limit);
            statement.setString(2, limit);
            try (ResultSet rows = statement.executeQuery()) {
                List<String> running = new ArrayList<>();
                while (rows.next()) {
                    running.add(rows.getString(1));
                }
                return running;
            }
        }
    }

    private static List<Writer> writers(Connection source, Collection<TableId> tables)
            throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(WRITERS)) {
            TextArrays.setNames(statement, 1, tables);
            try (ResultSet rows = statement.executeQuery()) {
                List<Writer> writers = new ArrayList<>();
                while (rows.next()) {
                    writers.add(
                            new Writer(
                                    new TableId(rows.getString(1), rows.getString(2)),
                                    rows.getString(3),
                                    rows.getString(4)));
                }
                return writers;
            }
        }
    }

    private static String text(Connection source, String query) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(query);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** A transaction by its virtual id, which it keeps when it is prepared. */
    private record Writer(TableId table, String transaction, String name) {
        /** A prepared transaction from before a restart has another id than it once had. */
        boolean recovered() {
            return transaction.startsWith("-1/");
        }
    }

    private interface Question {
        boolean ask() throws SQLException;
    }

    private interface Blockers {
        List<String> list() throws SQLException;
    }
}
