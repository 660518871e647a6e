package io.tidetable.lab.bench;

import io.tidetable.lab.Benchmark;
import io.tidetable.lab.Table;
import io.tidetable.node.pipeline.Pipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What the slots hold back at the source while a destination is down and the source goes on writing
 * its log at a steady rate; then how long it takes to catch up, while the load goes on.
 */
public final class OutageBench implements Benchmark {
    private static final String OURS = "tidetable";
    private static final double MEGABYTE = 1e6;

    /** How far the load may be late before it is written off, in nanoseconds. */
    private static final long LATEST = 500_000_000;

    /**
     * Checkpoints come as often as they do by default. Nothing is vacuumed, which would write a
     * hundred megabytes of log in a second or two: the load is to be steady.
     */
    private static final Map<String, String> STEADY =
            Map.of("checkpoint_timeout", "5min", "max_wal_size", "1GB", "autovacuum", "off");

    private static final String SCHEMA =
            """
            CREATE TABLE hot (id bigint PRIMARY KEY, note text NOT NULL);
            CREATE TABLE events (id bigint PRIMARY KEY, note text NOT NULL, seen int NOT NULL);
            """;

    private static final String WRITE =
            """
            WITH first AS (INSERT INTO hot VALUES (?, 'a note') RETURNING id),
                more AS (
                    INSERT INTO events
                    SELECT first.id * 100 + g, repeat(md5((first.id * 100 + g)::text), 12), 0
                    FROM first, generate_series(1, 12) g)
            UPDATE events SET seen = seen + 1
            WHERE id BETWEEN (?::bigint - 50) * 100 + 1 AND (?::bigint - 50) * 100 + 12
            """;

    private static final String WRITTEN =
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";

    private static final String HELD =
            """
            SELECT max(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)),
                max(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), confirmed_flush_lsn))
            FROM pg_replication_slots
            """;

    @Override
    public String description() {
        return "what slots hold back at the source while a destination is down, then catching up"
                + " [--minutes 10] [--megabytes 2]";
    }

    @Override
    public List<Table> run(List<String> options, Consumer<String> progress)
            throws IOException, InterruptedException {
        int minutes = Integer.parseInt(Options.of(options, "--minutes", "10"));
        double rate = Double.parseDouble(Options.of(options, "--megabytes", "2")) * MEGABYTE;
        try (Contest contest = new Contest(STEADY, OURS)) {
            contest.everywhere(SCHEMA, OURS);
            return new Run(contest, minutes, rate, progress).go();
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    private record Run(Contest contest, int minutes, double rate, Consumer<String> progress) {
        List<Table> go() throws IOException, SQLException, InterruptedException {
            AtomicBoolean running = new AtomicBoolean(true);
            Thread load = Thread.ofPlatform().name("load").unstarted(() -> write(running));
            try (Pipeline pipeline =
                    contest.pipeline(OURS, List.of("public.hot"), List.of("public.events"))) {
                pipeline.start();
                awaitComplete(pipeline);
                load.start();
                Phases phases = new Phases();
                try (Connection connection = contest.source.connect(Contest.SOURCE)) {
                    observe(connection, phases.phase("before"), 30);
                    contest.destination.stopImmediately();
                    for (int minute = 1; minute <= minutes; minute++) {
                        observe(connection, phases.phase("down, minute " + minute), 60);
                    }
                    long caughtUp = catchUp(connection, pipeline, phases.phase("catching up"));
                    observe(connection, phases.phase("after"), 20);
                    running.set(false);
                    load.join();
                    return List.of(phases.table(), summary(phases, caughtUp, equal(pipeline)));
                }
            } finally {
                running.set(false);
                load.join();
            }
        }

        private static boolean awaitComplete(Pipeline pipeline) throws InterruptedException {
            return pipeline.awaitComplete(
                    Contest.DESTINATION,
                    Set.of(),
                    pipeline.sourcePosition(),
                    Duration.ofMinutes(30));
        }

        /** Milliseconds until all that was committed when the destination came back is there. */
        private long catchUp(Connection connection, Pipeline pipeline, Phase phase)
                throws IOException, SQLException, InterruptedException {
            contest.destination.restart();
            long began = System.nanoTime();
            AtomicBoolean complete = new AtomicBoolean();
            Thread waiting =
                    Thread.ofPlatform()
                            .name("waiting")
                            .start(() -> {
                                try {
                                    complete.set(awaitComplete(pipeline));
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            while (waiting.isAlive()) {
                look(connection, phase);
                waiting.join(Duration.ofMillis(500));
            }
            long took = (System.nanoTime() - began) / 1_000_000;
            if (!complete.get()) {
                throw new IllegalStateException("it did not catch up within 30 minutes");
            }
            return took;
        }

        private void observe(Connection connection, Phase phase, int seconds)
                throws IOException, SQLException {
            long until = System.nanoTime() + seconds * 1_000_000_000L;
            while (System.nanoTime() < until) {
                look(connection, phase);
                LockSupport.parkNanos(500_000_000);
            }
            progress.accept(phase.toString());
        }

        private void look(Connection connection, Phase phase) throws IOException, SQLException {
            try (Statement statement = connection.createStatement()) {
                try (ResultSet row = statement.executeQuery(HELD)) {
                    row.next();
                    phase.held(row.getDouble(1), row.getDouble(2));
                }
                try (ResultSet row = statement.executeQuery(WRITTEN)) {
                    row.next();
                    phase.written(row.getLong(1), System.nanoTime());
                }
            }
            phase.journal(bytesIn(contest.directory));
        }

        private static long bytesIn(Path directory) throws IOException {
            try (Stream<Path> files = Files.walk(directory)) {
                return files.mapToLong(file -> file.toFile().length()).sum();
            }
        }

        private void write(AtomicBoolean running) {
            try (Connection connection = contest.source.connect(Contest.SOURCE);
                    PreparedStatement insert = connection.prepareStatement(WRITE);
                    PreparedStatement written = connection.prepareStatement(WRITTEN)) {
                long from = number(written);
                long began = System.nanoTime();
                for (long id = 1; running.get(); id++) {
                    insert.setLong(1, id);
                    insert.setLong(2, id);
                    insert.setLong(3, id);
                    insert.execute();
                    if (id % 10 == 0) {
                        double due = (number(written) - from) / rate * 1e9;
                        long ahead = (long) due - (System.nanoTime() - began);
                        if (ahead > 0) {
                            LockSupport.parkNanos(ahead);
                        } else if (ahead < -LATEST) {
                            // What was not written in time is not made up for by a burst.
                            from = number(written);
                            began = System.nanoTime();
                        }
                    }
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private static long number(PreparedStatement statement) throws SQLException {
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }

        private boolean equal(Pipeline pipeline) throws SQLException, InterruptedException {
            awaitComplete(pipeline);
            String sum = "SELECT count(*), sum(hashtext(id || note || seen)::bigint) FROM events";
            try (Connection here = contest.source.connect(Contest.SOURCE);
                    Connection there = contest.destination.connect(OURS);
                    ResultSet source = here.createStatement().executeQuery(sum);
                    ResultSet destination = there.createStatement().executeQuery(sum)) {
                source.next();
                destination.next();
                return source.getLong(1) == destination.getLong(1)
                        && source.getLong(2) == destination.getLong(2);
            }
        }

        private Table summary(Phases phases, long caughtUp, boolean equal) {
            return new Table(
                    "destination down for %d minutes, log written at %.1f MB/s"
                            .formatted(minutes, rate / MEGABYTE),
                    List.of("what", "figure"),
                    List.of(
                            List.of(
                                    "most held back from restart_lsn, MB",
                                    phases.most(Phase::restart)),
                            List.of(
                                    "most held back from confirmed_flush_lsn, MB",
                                    phases.most(Phase::confirmed)),
                            List.of("largest journal, MB", phases.most(Phase::journal)),
                            List.of("caught up after s, under load", caughtUp / 1e3),
                            List.of("both sides equal in the end", equal ? "yes" : "NO")));
        }
    }

    /** The most that was seen while something lasted, in megabytes. */
    private static final class Phase {
        private final String name;
        private double restart;
        private double confirmed;
        private double journal;
        private long firstWritten = -1;
        private long firstAt;
        private long lastWritten;
        private long lastAt;

        Phase(String name) {
            this.name = name;
        }

        void held(double fromRestart, double fromConfirmed) {
            restart = Math.max(restart, fromRestart / MEGABYTE);
            confirmed = Math.max(confirmed, fromConfirmed / MEGABYTE);
        }

        void journal(long bytes) {
            journal = Math.max(journal, bytes / MEGABYTE);
        }

        void written(long bytes, long at) {
            if (firstWritten < 0) {
                firstWritten = bytes;
                firstAt = at;
            }
            lastWritten = bytes;
            lastAt = at;
        }

        double restart() {
            return restart;
        }

        double confirmed() {
            return confirmed;
        }

        double journal() {
            return journal;
        }

        double rate() {
            return lastAt == firstAt
                    ? 0
                    : (lastWritten - firstWritten) / MEGABYTE / ((lastAt - firstAt) / 1e9);
        }

        List<Object> cells() {
            return List.of(name, rate(), restart, confirmed, journal);
        }

        @Override
        public String toString() {
            return "%s: %.2f MB/s, held back %.1f MB (restart), %.1f MB (confirmed); journal %.1f MB"
                    .formatted(name, rate(), restart, confirmed, journal);
        }
    }

    private static final class Phases {
        private final List<Phase> all = new ArrayList<>();

        Phase phase(String name) {
            Phase phase = new Phase(name);
            all.add(phase);
            return phase;
        }

        double most(java.util.function.ToDoubleFunction<Phase> figure) {
            return all.stream().mapToDouble(figure).max().orElse(0);
        }

        Table table() {
            return new Table(
                    "the most that was seen in each phase, in MB",
                    List.of("phase", "log MB/s", "from restart", "from confirmed", "journal"),
                    all.stream().map(Phase::cells).toList());
        }
    }
}
