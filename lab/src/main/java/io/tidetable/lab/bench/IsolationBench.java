package io.tidetable.lab.bench;

import io.tidetable.lab.Benchmark;
import io.tidetable.lab.Table;
import io.tidetable.node.pipeline.Pipeline;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * How stale a hot table becomes while a cold one is flooded: 200 inserts a second into the hot
 * table; after a quiet time one UPDATE of all rows of the cold table, then 5,000 rows a second. The
 * delay is the time from a row's commit at the source until it could be seen at the destination.
 *
 * <p>With {@code --flooded-was-hot}, the flooded table rode the express track beside the hot one
 * until then, and what rides bulk all the time is shown beside it. With {@code --alone}, ours runs
 * without its peers.
 */
public final class IsolationBench implements Benchmark {
    private static final String OURS = "tidetable";
    private static final String NATIVE_ONE = "native, 1 subscription";
    private static final String NATIVE_TWO = "native, 2 subscriptions";

    /** The table that is flooded rode the express track until then. */
    private static final String WAS_HOT = "tidetable, both on express";

    private static final int HOT_PER_SECOND = 200;
    private static final int COLD_PER_SECOND = 5_000;

    private static final String SCHEMA =
            """
            CREATE TABLE hot (id bigint PRIMARY KEY, note text);
            CREATE TABLE cold (id bigint PRIMARY KEY, round int NOT NULL, a int, b text, c timestamptz, d text);
            """;

    /** Native applies carry the source's commit time on, which says nothing about arrival. */
    private static final String NOTE_ARRIVALS =
            "ALTER TABLE hot ADD arrived timestamptz DEFAULT clock_timestamp()";

    private static final String SENT = "pg_xact_commit_timestamp(xmin)";

    /** When the row came, or, where that was recorded, when it could be seen. */
    private static final String ARRIVED = "greatest(arrived, pg_xact_commit_timestamp(xmin))";

    @Override
    public String description() {
        return "delay of a hot table under a cold table's flood, native beside ours"
                + " [--rounds 1] [--rows 2000000] [--seconds 60] [--flooded-was-hot] [--alone]";
    }

    @Override
    public List<Table> run(List<String> options, Consumer<String> progress)
            throws IOException, InterruptedException {
        int rounds = Integer.parseInt(Options.of(options, "--rounds", "1"));
        long rows = Long.parseLong(Options.of(options, "--rows", "2000000"));
        int seconds = Integer.parseInt(Options.of(options, "--seconds", "60"));
        List<String> contenders =
                options.contains("--flooded-was-hot")
                        ? List.of(OURS, WAS_HOT)
                        : options.contains("--alone")
                                ? List.of(OURS)
                                : List.of(NATIVE_ONE, NATIVE_TWO, OURS);
        Figures figures = new Figures(progress);
        for (int round = 0; round < rounds; round++) {
            for (String contender : contenders) {
                try (Contest contest = new Contest("peer")) {
                    new Run(contest, contender, figures, rows, seconds).go();
                } catch (SQLException e) {
                    throw new IOException(e);
                }
            }
        }
        return List.of(figures.medians("delay of the hot table, medians"));
    }

    private record Run(Contest contest, String contender, Figures figures, long rows, int seconds) {
        void go() throws IOException, SQLException, InterruptedException {
            contest.everywhere(SCHEMA, "peer");
            contest.at("peer", NOTE_ARRIVALS);
            String fill =
                    "INSERT INTO cold SELECT g, 0, g, md5(g::text), now(), md5((g + 1)::text) FROM generate_series(1, %d) g"
                            .formatted(rows);
            contest.atSource(fill);
            if (contender.equals(OURS) || contender.equals(WAS_HOT)) {
                try (Pipeline pipeline =
                        contender.equals(OURS)
                                ? contest.pipeline(
                                        "peer", List.of("public.hot"), List.of("public.cold"))
                                : contest.pipeline(
                                        "peer", List.of("public.hot", "public.cold"), List.of())) {
                    pipeline.start();
                    pipeline.awaitComplete(
                            Contest.DESTINATION,
                            Set.of(),
                            pipeline.sourcePosition(),
                            Duration.ofMinutes(10));
                    measure();
                }
            } else {
                contest.at("peer", fill);
                List<NativeSubscription> subscriptions = new ArrayList<>();
                if (contender.equals(NATIVE_ONE)) {
                    subscriptions.add(contest.nativeSubscription("everything", "peer"));
                    subscriptions.getFirst().create(List.of("hot", "cold"), "");
                } else {
                    subscriptions.add(contest.nativeSubscription("only_hot", "peer"));
                    subscriptions.add(contest.nativeSubscription("only_cold", "peer"));
                    subscriptions.get(0).create(List.of("hot"), "");
                    subscriptions.get(1).create(List.of("cold"), "");
                }
                for (NativeSubscription subscription : subscriptions) {
                    subscription.enable();
                }
                measure();
            }
        }

        private void measure() throws IOException, SQLException, InterruptedException {
            AtomicBoolean running = new AtomicBoolean(true);
            Thread hot = Thread.ofPlatform().name("hot").start(() -> insertHot(running));
            double quietSeconds = 10;
            pause(quietSeconds);
            long floodFrom = lastHot();
            long began = System.nanoTime();
            contest.atSource("UPDATE cold SET round = 1, a = a + 1");
            figures.note(
                    "flood", contender, "UPDATE at source s", (System.nanoTime() - began) / 1e9);
            long committed = System.nanoTime();
            Thread cold = Thread.ofPlatform().name("cold").start(() -> changeCold(running));
            boolean atomic = awaitCold();
            figures.note(
                    "flood",
                    contender,
                    "cold visible after s",
                    (System.nanoTime() - committed) / 1e9);
            figures.note("flood", contender, "atomic", atomic ? 1 : 0);
            double left = seconds - (System.nanoTime() - began) / 1e9;
            pause(Math.max(left, 5));
            running.set(false);
            hot.join();
            cold.join();
            awaitHot();
            note("quiet", delays(500, floodFrom));
            note("flood", delays(floodFrom, Long.MAX_VALUE));
        }

        private void note(String phase, double[] delays) {
            figures.note(phase, contender, "p50 ms", at(delays, 50));
            figures.note(phase, contender, "p95 ms", at(delays, 95));
            figures.note(phase, contender, "p99 ms", at(delays, 99));
            figures.note(phase, contender, "max ms", delays[delays.length - 1]);
        }

        private static double at(double[] sorted, int percentile) {
            return sorted[Math.min(sorted.length - 1, sorted.length * percentile / 100)];
        }

        private void insertHot(AtomicBoolean running) {
            try (Connection connection = contest.source.connect(Contest.SOURCE);
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO hot VALUES (?, 'a note')")) {
                long began = System.nanoTime();
                for (long id = 1; running.get(); id++) {
                    insert.setLong(1, id);
                    insert.executeUpdate();
                    parkUntil(began + id * 1_000_000_000L / HOT_PER_SECOND);
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private void changeCold(AtomicBoolean running) {
            try (Connection connection = contest.source.connect(Contest.SOURCE);
                    PreparedStatement update =
                            connection.prepareStatement(
                                    "UPDATE cold SET b = md5(b) WHERE id BETWEEN ? AND ?")) {
                long began = System.nanoTime();
                int batch = 100;
                for (long n = 1; running.get(); n++) {
                    long first = (n * batch * 7) % (rows - batch) + 1;
                    update.setLong(1, first);
                    update.setLong(2, first + batch - 1);
                    update.executeUpdate();
                    parkUntil(began + n * batch * 1_000_000_000L / COLD_PER_SECOND);
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Watches the flood arrive; false when a reader ever saw a part of it. */
        private boolean awaitCold() throws SQLException {
            boolean atomic = true;
            try (Connection connection = contest.destination.connect("peer");
                    Statement statement = connection.createStatement()) {
                while (true) {
                    try (ResultSet row =
                            statement.executeQuery(
                                    "SELECT (SELECT round FROM cold WHERE id = 1), (SELECT round FROM cold WHERE id = %d)"
                                            .formatted(rows))) {
                        row.next();
                        atomic &= row.getInt(1) == row.getInt(2);
                        if (row.getInt(1) == 1 && row.getInt(2) == 1) {
                            return atomic;
                        }
                    }
                    LockSupport.parkNanos(20_000_000);
                }
            }
        }

        private long lastHot() throws SQLException {
            return number(contest.source.connect(Contest.SOURCE), "SELECT max(id) FROM hot");
        }

        private void awaitHot() throws SQLException {
            long last = lastHot();
            try (Connection connection = contest.destination.connect("peer")) {
                Contest.awaitTrue(
                        connection, "SELECT EXISTS (SELECT FROM hot WHERE id = " + last + ")");
            }
        }

        private static long number(Connection connection, String sql) throws SQLException {
            try (connection;
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        }

        private double[] delays(long from, long to) throws SQLException {
            double[] committed = times(contest.source.connect(Contest.SOURCE), SENT, from, to);
            double[] arrived = times(contest.destination.connect("peer"), ARRIVED, from, to);
            double[] delays = new double[Math.min(committed.length, arrived.length)];
            for (int i = 0; i < delays.length; i++) {
                delays[i] = arrived[i] - committed[i];
            }
            Arrays.sort(delays);
            return delays;
        }

        /** A time of each row, in ms, in the order of ids. */
        private static double[] times(Connection connection, String time, long from, long to)
                throws SQLException {
            try (connection;
                    Statement statement = connection.createStatement();
                    ResultSet row =
                            statement.executeQuery(
                                    "SELECT extract(epoch FROM %s) * 1000 FROM hot WHERE id > %d AND id <= %d ORDER BY id"
                                            .formatted(time, from, to))) {
                List<Double> times = new ArrayList<>();
                while (row.next()) {
                    times.add(row.getDouble(1));
                }
                return times.stream().mapToDouble(Double::doubleValue).toArray();
            }
        }

        private static void pause(double seconds) {
            parkUntil(System.nanoTime() + (long) (seconds * 1e9));
        }

        private static void parkUntil(long deadline) {
            long left = deadline - System.nanoTime();
            while (left > 0) {
                LockSupport.parkNanos(left);
                left = deadline - System.nanoTime();
            }
        }
    }
}
