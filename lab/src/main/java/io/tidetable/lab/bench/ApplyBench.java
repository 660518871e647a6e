package io.tidetable.lab.bench;

import io.tidetable.lab.Benchmark;
import io.tidetable.lab.Table;
import io.tidetable.node.pipeline.Pipeline;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How fast a backlog drains: three loads are written while nobody reads, then each contender drains
 * them alone, in turn. Time runs from the first active slot until the last row is visible.
 */
public final class ApplyBench implements Benchmark {
    private static final String NATIVE = "native";
    private static final String OURS = "tidetable";
    private static final List<String> TABLES =
            List.of(
                    "public.items",
                    "public.accounts",
                    "public.tellers",
                    "public.branches",
                    "public.history",
                    "public.marker");

    private static final List<String> CASES = List.of("inserts", "updates", "tpcb");

    private static final String SCHEMA =
            """
            CREATE TABLE items (id bigint PRIMARY KEY, customer int NOT NULL, amount numeric(12,2) NOT NULL,
                status text NOT NULL, note text NOT NULL, created timestamptz NOT NULL, changed int NOT NULL,
                flag boolean NOT NULL);
            CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));
            CREATE TABLE tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84));
            CREATE TABLE branches (bid int PRIMARY KEY, bbalance int, filler char(88));
            CREATE TABLE history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
            ALTER TABLE history REPLICA IDENTITY FULL;
            CREATE TABLE marker (id int PRIMARY KEY);
            """;

    private static final String LOADS =
            """
            CREATE PROCEDURE write_items(first bigint, n bigint) LANGUAGE plpgsql AS $$
            BEGIN
                FOR i IN 0 .. n / 1000 - 1 LOOP
                    INSERT INTO items SELECT g, g % 10007, (g % 99999) / 7.0, 'state ' || g % 5,
                        md5(g::text) || md5((g + 1)::text), now(), 0, g % 2 = 0
                    FROM generate_series(first + i * 1000, first + i * 1000 + 999) g;
                    COMMIT;
                END LOOP;
            END $$;
            CREATE PROCEDURE change_items(rows bigint, n bigint, seed double precision) LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM setseed(seed);
                FOR i IN 1 .. n / 1000 LOOP
                    UPDATE items SET changed = changed + 1, amount = amount + 1
                    WHERE id IN (SELECT (random() * (rows - 1))::bigint + 1 FROM generate_series(1, 1000));
                    COMMIT;
                END LOOP;
            END $$;
            CREATE PROCEDURE transfer(n int, accounts int, seed double precision) LANGUAGE plpgsql AS $$
            DECLARE a int; t int; b int; d int;
            BEGIN
                PERFORM setseed(seed);
                FOR i IN 1 .. n LOOP
                    a := (random() * (accounts - 1))::int + 1; t := (random() * 99)::int + 1;
                    b := (random() * 9)::int + 1; d := (random() * 1000)::int - 500;
                    UPDATE accounts SET abalance = abalance + d WHERE aid = a;
                    UPDATE tellers SET tbalance = tbalance + d WHERE tid = t;
                    UPDATE branches SET bbalance = bbalance + d WHERE bid = b;
                    INSERT INTO history VALUES (t, b, a, d, now(), null);
                    COMMIT;
                END LOOP;
            END $$;
            """;

    private static final String START =
            """
            INSERT INTO accounts SELECT g, g % 10 + 1, 0, '' FROM generate_series(1, 1000000) g;
            INSERT INTO tellers SELECT g, g % 10 + 1, 0, '' FROM generate_series(1, 100) g;
            INSERT INTO branches SELECT g, 0, '' FROM generate_series(1, 10) g;
            """;

    @Override
    public String description() {
        return "drain speed and destination CPU of three backlogs, native subscription beside ours"
                + " [--rounds 3] [--scale 1.0] [--case inserts|updates|tpcb]";
    }

    @Override
    public List<Table> run(List<String> options, Consumer<String> progress)
            throws IOException, InterruptedException {
        int rounds = Integer.parseInt(Options.of(options, "--rounds", "3"));
        double scale = Double.parseDouble(Options.of(options, "--scale", "1.0"));
        String only = Options.of(options, "--case", "");
        List<String> loads =
                CASES.stream().filter(load -> only.isEmpty() || load.equals(only)).toList();
        Figures figures = new Figures(progress);
        try (Contest contest = new Contest(NATIVE, OURS)) {
            contest.everywhere(SCHEMA, NATIVE, OURS);
            contest.atSource(LOADS);
            contest.everywhere(START, NATIVE);
            if (only.equals("updates")) {
                // Otherwise the case before brings the rows that this one changes.
                contest.everywhere(items(1, Math.round(2_000_000 * scale)), NATIVE);
            }
            NativeSubscription subscription = contest.nativeSubscription("peer", NATIVE);
            subscription.create(TABLES, "");
            prepareOurs(contest);
            for (int round = 0; round < rounds; round++) {
                new Round(contest, subscription, figures, round, scale).run(loads);
            }
        } catch (SQLException e) {
            throw new IOException(e);
        }
        return List.of(figures.medians("drain of a backlog, medians"), ratios(figures, loads));
    }

    private static String items(long first, long rows) {
        return """
        INSERT INTO items SELECT g, g %% 10007, (g %% 99999) / 7.0, 'state ' || g %% 5,
            md5(g::text) || md5((g + 1)::text), now(), 0, g %% 2 = 0
        FROM generate_series(%d, %d) g
        """
                .formatted(first, first + rows - 1);
    }

    private static Table ratios(Figures figures, List<String> loads) {
        List<List<Object>> rows = new ArrayList<>();
        for (String load : loads) {
            rows.add(
                    List.of(
                            load,
                            figures.median(load, NATIVE, "seconds")
                                    / figures.median(load, OURS, "seconds"),
                            figures.median(load, OURS, "destination CPU s")
                                    / figures.median(load, NATIVE, "destination CPU s")));
        }
        return new Table(
                "tidetable against native",
                List.of("case", "times its speed", "times its destination CPU"),
                rows);
    }

    /** Copies what is there, then stops: its slots stay. */
    private static void prepareOurs(Contest contest) throws InterruptedException {
        try (Pipeline pipeline = ours(contest)) {
            pipeline.start();
            pipeline.awaitComplete(
                    Contest.DESTINATION,
                    Set.of(),
                    pipeline.sourcePosition(),
                    Duration.ofMinutes(5));
        }
    }

    private static Pipeline ours(Contest contest) {
        return contest.pipeline(OURS, List.of(), TABLES);
    }

    private record Round(
            Contest contest,
            NativeSubscription subscription,
            Figures figures,
            int number,
            double scale) {
        void run(List<String> loads) throws IOException, SQLException, InterruptedException {
            for (String load : loads) {
                load(load, call(load));
            }
        }

        private String call(String load) {
            long items = Math.round(2_000_000 * scale);
            return switch (load) {
                case "inserts" -> "CALL write_items(%d, %d)".formatted(number * items + 1, items);
                case "updates" ->
                        "CALL change_items(%d, %d, %f)"
                                .formatted(items, Math.round(1_000_000 * scale), number / 10.0);
                default ->
                        "CALL transfer(%d, 1000000, %f)"
                                .formatted(Math.round(300_000 * scale), number / 10.0);
            };
        }

        private void load(String load, String call)
                throws IOException, SQLException, InterruptedException {
            try (Connection connection = contest.source.connect(SOURCE_DATABASE);
                    var statement = connection.createStatement()) {
                statement.execute("SET synchronous_commit = off");
                statement.execute(call);
                statement.execute("TRUNCATE marker");
                statement.execute("SET synchronous_commit = on");
                statement.execute("INSERT INTO marker VALUES (" + marker(load) + ")");
                statement.execute("CHECKPOINT");
            }
            contest.at(NATIVE, "CHECKPOINT");
            if (number % 2 == 0) {
                drainNative(load);
                drainOurs(load);
            } else {
                drainOurs(load);
                drainNative(load);
            }
        }

        private int marker(String load) {
            return number * 1000 + Math.abs(load.hashCode() % 1000);
        }

        private void drainNative(String load)
                throws IOException, SQLException, InterruptedException {
            CpuMeter source = new CpuMeter(contest.source);
            CpuMeter destination = new CpuMeter(contest.destination);
            double sourceBefore = source.seconds();
            double destinationBefore = destination.seconds();
            long commits = contest.commits(NATIVE);
            subscription.enable();
            double seconds = secondsUntilMarker(load, NATIVE, "peer", () -> {});
            note(
                    load,
                    NATIVE,
                    seconds,
                    source,
                    sourceBefore,
                    destination,
                    destinationBefore,
                    commits);
            subscription.disable();
        }

        private void drainOurs(String load) throws IOException, SQLException, InterruptedException {
            CpuMeter source = new CpuMeter(contest.source);
            CpuMeter destination = new CpuMeter(contest.destination);
            double sourceBefore = source.seconds();
            double destinationBefore = destination.seconds();
            long commits = contest.commits(OURS);
            double javaBefore = javaSeconds();
            try (Pipeline pipeline = ours(contest)) {
                pipeline.start();
                double seconds =
                        secondsUntilMarker(
                                load,
                                OURS,
                                "tidetable_bench_bulk",
                                // The marker has a lane of its own, and may overtake the rest.
                                () ->
                                        pipeline.awaitComplete(
                                                Contest.DESTINATION,
                                                Set.of(),
                                                pipeline.sourcePosition(),
                                                Duration.ofMinutes(10)));
                note(
                        load,
                        OURS,
                        seconds,
                        source,
                        sourceBefore,
                        destination,
                        destinationBefore,
                        commits);
                figures.note(load, OURS, "java CPU s", javaSeconds() - javaBefore);
            }
        }

        private void note(
                String load,
                String contender,
                double seconds,
                CpuMeter source,
                double sourceBefore,
                CpuMeter destination,
                double destinationBefore,
                long commits)
                throws SQLException {
            figures.note(load, contender, "seconds", seconds);
            figures.note(
                    load,
                    contender,
                    "destination commits",
                    (double) (contest.commits(contender) - commits));
            figures.note(load, contender, "source CPU s", source.seconds() - sourceBefore);
            figures.note(
                    load,
                    contender,
                    "destination CPU s",
                    destination.seconds() - destinationBefore);
        }

        /** Waits for the rest. */
        private interface Rest {
            void await() throws InterruptedException;
        }

        private double secondsUntilMarker(String load, String contender, String slot, Rest rest)
                throws SQLException, InterruptedException {
            try (Connection source = contest.source.connect(SOURCE_DATABASE);
                    Connection destination = contest.destination.connect(contender)) {
                Contest.awaitTrue(
                        source,
                        "SELECT active FROM pg_replication_slots WHERE slot_name = '" + slot + "'");
                long began = System.nanoTime();
                Contest.awaitTrue(
                        destination,
                        "SELECT EXISTS (SELECT FROM marker WHERE id = " + marker(load) + ")");
                rest.await();
                return (System.nanoTime() - began) / 1e9;
            }
        }

        private static double javaSeconds() {
            var system =
                    (com.sun.management.OperatingSystemMXBean)
                            ManagementFactory.getOperatingSystemMXBean();
            return system.getProcessCpuTime() / 1e9;
        }

        private static final String SOURCE_DATABASE = Contest.SOURCE;
    }
}
