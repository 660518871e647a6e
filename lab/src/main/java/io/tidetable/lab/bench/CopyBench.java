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
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * How long the first copy takes, beside a native subscription that copies in binary form: one
 * table; four tables that hold 70, 15, 10 and 5 % of the same rows; and four that hold a quarter
 * each. Measured from the first command until all rows are there and the tables follow changes.
 *
 * <p>The best split of the uneven tables' work is taken to be the even one: the same rows in four
 * equal tables, which no assignment of whole tables could spread better.
 */
public final class CopyBench implements Benchmark {
    private static final String NATIVE = "native";
    private static final String OURS = "tidetable";
    private static final String ONE = "one table";
    private static final String UNEVEN = "four, 70/15/10/5 %";
    private static final String EVEN = "four, 25 % each";

    /** A subscription copies four tables at a time if it is allowed to. */
    private static final Map<String, String> FOUR_AT_A_TIME =
            Map.of(
                    "max_sync_workers_per_subscription", "4",
                    "max_logical_replication_workers", "10",
                    "max_worker_processes", "16");

    @Override
    public String description() {
        return "time of the first copy, a native binary copy beside ours; tables of unequal size"
                + " [--rounds 3] [--rows 2000000] [--case one|four]";
    }

    /** Tables that are copied together; each holds a share of the rows, in percent. */
    private record Load(String name, String prefix, List<Integer> shares) {
        List<String> tables() {
            return IntStream.range(0, shares.size()).mapToObj(number -> prefix + number).toList();
        }
    }

    private static final Load ONE_TABLE = new Load(ONE, "one_", List.of(100));
    private static final Load UNEVEN_TABLES = new Load(UNEVEN, "uneven_", List.of(70, 15, 10, 5));
    private static final Load EVEN_TABLES = new Load(EVEN, "even_", List.of(25, 25, 25, 25));

    @Override
    public List<Table> run(List<String> options, Consumer<String> progress)
            throws IOException, InterruptedException {
        int rounds = Integer.parseInt(Options.of(options, "--rounds", "3"));
        long rows = Long.parseLong(Options.of(options, "--rows", "2000000"));
        List<Load> loads =
                switch (Options.of(options, "--case", "")) {
                    case "one" -> List.of(ONE_TABLE);
                    case "four" -> List.of(UNEVEN_TABLES, EVEN_TABLES);
                    default -> List.of(ONE_TABLE, UNEVEN_TABLES, EVEN_TABLES);
                };
        Figures figures = new Figures(progress);
        try (Contest contest = new Contest(FOUR_AT_A_TIME, NATIVE, OURS)) {
            for (Load load : loads) {
                fill(contest, load, rows);
            }
            for (int round = 0; round < rounds; round++) {
                boolean oursFirst = round % 2 == 1;
                for (Load load : loads) {
                    Run run = new Run(contest, load, figures, rows);
                    if (oursFirst) {
                        run.ours();
                        run.nativeOne();
                    } else {
                        run.nativeOne();
                        run.ours();
                    }
                }
            }
        } catch (SQLException e) {
            throw new IOException(e);
        }
        return List.of(figures.medians("first copies, medians"), ratios(figures, loads));
    }

    private static void fill(Contest contest, Load load, long rows) throws SQLException {
        for (int number = 0; number < load.shares().size(); number++) {
            String table = load.tables().get(number);
            contest.atSource(create(table));
            contest.atSource(
                    """
                    INSERT INTO %s SELECT g, g %% 10007, (g %% 99999) / 7.0, 'state ' || g %% 5,
                        md5(g::text) || md5((g + 1)::text), now(), 0, g %% 2 = 0
                    FROM generate_series(1, %d) g
                    """
                            .formatted(table, rows * load.shares().get(number) / 100));
            contest.atSource("VACUUM (FREEZE, ANALYZE) " + table);
        }
    }

    private static String create(String table) {
        return """
        CREATE TABLE %s (id bigint PRIMARY KEY, customer int NOT NULL, amount numeric(12,2) NOT NULL,
            status text NOT NULL, note text NOT NULL, created timestamptz NOT NULL,
            changed int NOT NULL, flag boolean NOT NULL)
        """
                .formatted(table);
    }

    private static Table ratios(Figures figures, List<Load> loads) {
        List<List<Object>> lines = new ArrayList<>();
        for (Load load : loads) {
            lines.add(
                    List.of(
                            load.name() + ": native's time / ours",
                            seconds(figures, load.name(), NATIVE)
                                    / seconds(figures, load.name(), OURS)));
        }
        if (loads.contains(UNEVEN_TABLES)) {
            for (String contender : List.of(OURS, NATIVE)) {
                lines.add(
                        List.of(
                                contender + ": time of uneven tables / of even ones",
                                seconds(figures, UNEVEN, contender)
                                        / seconds(figures, EVEN, contender)));
            }
        }
        return new Table("ratios of the medians", List.of("what", "ratio"), lines);
    }

    private static double seconds(Figures figures, String load, String contender) {
        return figures.median(load, contender, "seconds");
    }

    private record Run(Contest contest, Load load, Figures figures, long rows) {
        void nativeOne() throws IOException, SQLException {
            contest.renew(NATIVE);
            for (String table : load.tables()) {
                contest.at(NATIVE, create(table));
            }
            contest.checkpoint();
            NativeSubscription subscription = contest.nativeSubscription("peer", NATIVE);
            Meters meters = new Meters(contest);
            subscription.copy(load.tables());
            try (Connection connection = contest.destination.connect(NATIVE)) {
                Contest.awaitTrue(
                        connection,
                        "SELECT count(*) = %d AND bool_and(srsubstate IN ('s', 'r')) FROM pg_subscription_rel"
                                .formatted(load.tables().size()));
            }
            note(NATIVE, meters);
            subscription.drop();
        }

        void ours() throws IOException, SQLException, InterruptedException {
            contest.renew(OURS);
            contest.checkpoint();
            List<String> tables = load.tables().stream().map(table -> "public." + table).toList();
            Meters meters = new Meters(contest);
            try (Pipeline pipeline = contest.pipeline(OURS, List.of(), tables)) {
                pipeline.start();
                pipeline.awaitComplete(
                        Contest.DESTINATION,
                        Set.of(),
                        pipeline.sourcePosition(),
                        Duration.ofMinutes(20));
                note(OURS, meters);
            }
            contest.forgetPipeline();
        }

        private void note(String contender, Meters meters) throws SQLException {
            double seconds = meters.seconds();
            figures.note(load.name(), contender, "seconds", seconds);
            figures.note(load.name(), contender, "rows/s", rows / seconds);
            figures.note(load.name(), contender, "source CPU s", meters.sourceCpu());
            figures.note(load.name(), contender, "destination CPU s", meters.destinationCpu());
            if (contender.equals(OURS)) {
                figures.note(load.name(), contender, "java CPU s", meters.javaCpu());
            }
            long arrived = 0;
            for (String table : load.tables()) {
                arrived += contest.number(contender, "SELECT count(*) FROM " + table);
            }
            if (arrived != rows) {
                throw new IllegalStateException(
                        "%s copied %d of %d rows".formatted(contender, arrived, rows));
            }
        }
    }

    /** What has been used since it was made. */
    private static final class Meters {
        private final CpuMeter source;
        private final CpuMeter destination;
        private final double sourceBefore;
        private final double destinationBefore;
        private final double javaBefore = javaSeconds();
        private final long began;

        Meters(Contest contest) throws IOException {
            source = new CpuMeter(contest.source);
            destination = new CpuMeter(contest.destination);
            sourceBefore = source.seconds();
            destinationBefore = destination.seconds();
            began = System.nanoTime();
        }

        double seconds() {
            return (System.nanoTime() - began) / 1e9;
        }

        double sourceCpu() {
            return source.seconds() - sourceBefore;
        }

        double destinationCpu() {
            return destination.seconds() - destinationBefore;
        }

        double javaCpu() {
            return javaSeconds() - javaBefore;
        }

        private static double javaSeconds() {
            return ((com.sun.management.OperatingSystemMXBean)
                                    ManagementFactory.getOperatingSystemMXBean())
                            .getProcessCpuTime()
                    / 1e9;
        }
    }
}
