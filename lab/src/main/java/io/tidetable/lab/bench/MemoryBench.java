package io.tidetable.lab.bench;

import io.tidetable.lab.Benchmark;
import io.tidetable.lab.Table;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Whether {@code ./tidetable run} carries what is large with a bounded heap: one transaction of 10
 * million rows; a journal of 5 GB that piles up while the destination is down; 5,000 tables. Each
 * case has servers and a process of its own and ends with a comparison of both sides.
 */
public final class MemoryBench implements Benchmark {
    private static final String OURS = "tidetable";
    private static final String TRANSACTION = "transaction";
    private static final String BACKLOG = "backlog";
    private static final String TABLES = "tables";

    private static final Map<String, String> LESS_LOG_ON_DISK =
            Map.of(
                    "max_wal_size",
                    "2GB",
                    "shared_buffers",
                    "512MB",
                    "max_locks_per_transaction",
                    "512");

    @Override
    public String description() {
        return "memory under one huge transaction, a huge backlog and many tables [--heap 512m]"
                + " [--case transaction|backlog|tables] [--rows 10000000] [--gigabytes 5] [--tables 5000]";
    }

    @Override
    public List<Table> run(List<String> options, Consumer<String> progress)
            throws IOException, InterruptedException {
        String heap = Options.of(options, "--heap", "512m");
        String only = Options.of(options, "--case", "");
        long rows = Long.parseLong(Options.of(options, "--rows", "10000000"));
        double gigabytes = Double.parseDouble(Options.of(options, "--gigabytes", "5"));
        int tables = Integer.parseInt(Options.of(options, "--tables", "5000"));
        Figures figures = new Figures(progress);
        for (String each : List.of(TRANSACTION, BACKLOG, TABLES)) {
            if (!only.isEmpty() && !only.equals(each)) {
                continue;
            }
            try (Contest contest = new Contest(LESS_LOG_ON_DISK, OURS)) {
                Run run = new Run(contest, heap, figures);
                switch (each) {
                    case TRANSACTION -> run.transaction(rows);
                    case BACKLOG -> run.backlog((long) (gigabytes * 1e9));
                    default -> run.tables(tables);
                }
            } catch (SQLException e) {
                throw new IOException(e);
            }
        }
        return List.of(figures.medians("memory of ./tidetable run with a heap of " + heap));
    }

    private record Run(Contest contest, String heap, Figures figures) {
        void transaction(long rows) throws IOException, SQLException, InterruptedException {
            String subject = "a transaction of %,d rows".formatted(rows);
            contest.atSource("CREATE TABLE t (id bigint PRIMARY KEY, v text)");
            try (RunningTidetable process = RunningTidetable.start(contest, OURS, heap)) {
                awaitFirst(process, "t");
                long began = System.nanoTime();
                contest.atSource(
                        "INSERT INTO t SELECT g, 'row ' || g || md5(g::text) FROM generate_series(1, %d) g"
                                .formatted(rows));
                note(subject, "seconds at the source", secondsSince(began));
                long committed = System.nanoTime();
                awaitThere(process, "SELECT EXISTS (SELECT FROM t WHERE id = %d)".formatted(rows));
                note(subject, "seconds to carry it", secondsSince(committed));
                memory(subject, process);
                requireEqual("t");
            }
        }

        void backlog(long bytes) throws IOException, SQLException, InterruptedException {
            String subject = "a journal of %.1f GB".formatted(bytes / 1e9);
            contest.atSource(
                    "CREATE TABLE t (id bigint PRIMARY KEY, v text); CREATE TABLE u (id bigint PRIMARY KEY, v text)");
            try (RunningTidetable process = RunningTidetable.start(contest, OURS, heap)) {
                awaitFirst(process, "t");
                awaitFirst(process, "u");
                contest.destination.stop();
                long began = System.nanoTime();
                long last = pileUp(process, bytes);
                note(subject, "seconds at the source", secondsSince(began));
                note(subject, "journal MB", process.journalBytes() / 1e6);
                contest.destination.restart();
                long restarted = System.nanoTime();
                for (String table : List.of("t", "u")) {
                    awaitThere(
                            process,
                            "SELECT EXISTS (SELECT FROM %s WHERE id = %d)".formatted(table, last));
                }
                note(subject, "seconds to carry it", secondsSince(restarted));
                memory(subject, process);
                requireEqual("t");
                requireEqual("u");
            }
        }

        /** Inserts rows, half of which are updated later, until the journal has come so far. */
        private long pileUp(RunningTidetable process, long bytes)
                throws IOException, SQLException, InterruptedException {
            long last = 0;
            while (process.journalBytes() < bytes) {
                process.requireAlive();
                long first = last + 1;
                last += 5_000;
                for (String table : List.of("t", "u")) {
                    contest.atSource(
                            "INSERT INTO %s SELECT g, repeat(md5(g::text), 24) FROM generate_series(%d, %d) g"
                                    .formatted(table, first, last));
                    contest.atSource(
                            "UPDATE %s SET v = v || 'x' WHERE id BETWEEN %d AND %d"
                                    .formatted(table, first - 10_000, first - 7_501));
                }
            }
            last++;
            contest.atSource(
                    "INSERT INTO t VALUES (%1$d, 'last'); INSERT INTO u VALUES (%1$d, 'last')"
                            .formatted(last));
            return last;
        }

        void tables(int count) throws IOException, SQLException, InterruptedException {
            String subject = "%,d tables".formatted(count);
            for (int first = 1; first <= count; first += 500) {
                contest.atSource(
                        "DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE format('CREATE TABLE t%%s (id bigint PRIMARY KEY, v text)', i); EXECUTE format('INSERT INTO t%%s VALUES (1, ''v'')', i); END LOOP; END $$"
                                .formatted(first, Math.min(count, first + 499)));
            }
            long began = System.nanoTime();
            try (RunningTidetable process = RunningTidetable.start(contest, OURS, heap)) {
                while (process.secondsOfStatus() < 0) {
                    LockSupport.parkNanos(100_000_000);
                }
                note(subject, "seconds to start", secondsSince(began));
                awaitThere(process, rowsOfAll(count, 1));
                note(subject, "seconds until copied", secondsSince(began));
                note(subject, "seconds of a status", process.secondsOfStatus());
                contest.atSource(
                        "DO $$ BEGIN FOR i IN 1..%d LOOP EXECUTE format('INSERT INTO t%%s VALUES (2, ''w'')', i); END LOOP; END $$"
                                .formatted(count));
                long changed = System.nanoTime();
                awaitThere(process, rowsOfAll(count, 2));
                note(subject, "seconds to carry it", secondsSince(changed));
                memory(subject, process);
            }
            long restarted = System.nanoTime();
            try (RunningTidetable process = RunningTidetable.start(contest, OURS, heap)) {
                while (process.secondsOfStatus() < 0) {
                    LockSupport.parkNanos(100_000_000);
                }
                note(subject, "seconds to start again", secondsSince(restarted));
                contest.atSource("UPDATE t1 SET v = 'last'");
                awaitThere(process, "SELECT EXISTS (SELECT FROM t1 WHERE v = 'last')");
            }
        }

        /** Whether each of so many tables is there and has so many rows. */
        private static String rowsOfAll(int count, int rows) {
            return """
            SELECT count(*) = %d FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                AND (xpath('/row/n/text()', query_to_xml(
                    format('SELECT count(*) AS n FROM %%I', relname), false, true, '')))[1]::text = '%d'
            """
                    .formatted(count, rows);
        }

        private void awaitFirst(RunningTidetable process, String table)
                throws IOException, SQLException {
            contest.atSource("INSERT INTO %s VALUES (0, 'first')".formatted(table));
            awaitThere(process, "SELECT to_regclass('%s') IS NOT NULL".formatted(table));
            awaitThere(process, "SELECT EXISTS (SELECT FROM %s WHERE id = 0)".formatted(table));
        }

        private void awaitThere(RunningTidetable process, String question)
                throws IOException, SQLException {
            try (Connection connection = contest.destination.connect(OURS)) {
                while (true) {
                    process.requireAlive();
                    try (var statement = connection.createStatement();
                            ResultSet row = statement.executeQuery(question)) {
                        row.next();
                        if (row.getBoolean(1)) {
                            return;
                        }
                    }
                    LockSupport.parkNanos(200_000_000);
                }
            }
        }

        private void memory(String subject, RunningTidetable process) throws IOException {
            note(subject, "resident MB", process.mostResident());
            note(subject, "heap MB", process.mostHeap());
            note(subject, "heap after collections MB", process.mostLeft());
        }

        private void note(String subject, String figure, double value) {
            figures.note(subject, OURS, figure, value);
        }

        private static double secondsSince(long began) {
            return (System.nanoTime() - began) / 1e9;
        }

        private void requireEqual(String table) throws SQLException {
            List<List<Long>> sums = new ArrayList<>();
            for (Connection opened :
                    List.of(
                            contest.source.connect(Contest.SOURCE),
                            contest.destination.connect(OURS))) {
                try (Connection connection = opened;
                        var statement = connection.createStatement();
                        ResultSet row =
                                statement.executeQuery(
                                        "SELECT count(*), sum(hashtext(id || v)::bigint) FROM "
                                                + table)) {
                    row.next();
                    sums.add(List.of(row.getLong(1), row.getLong(2)));
                }
            }
            if (!sums.get(0).equals(sums.get(1))) {
                throw new IllegalStateException(
                        "table %s differs: %s at the source, %s at the destination"
                                .formatted(table, sums.get(0), sums.get(1)));
            }
        }
    }
}
