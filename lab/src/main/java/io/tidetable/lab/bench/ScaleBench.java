package io.tidetable.lab.bench;

import io.tidetable.lab.Benchmark;
import io.tidetable.lab.Table;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * What thousands of tables cost {@code ./tidetable run}: its first start and the next one, its
 * answers, the time until every table streams, and its stop. Each round has servers of its own.
 */
public final class ScaleBench implements Benchmark {
    private static final String OURS = "tidetable";

    /** Beside the usual settings of PostgreSQL, and what the servers of all benchmarks have. */
    private static final Map<String, String> AS_IT_COMES =
            Map.of("shared_buffers", "256MB", "max_wal_size", "2GB", "checkpoint_timeout", "5min");

    private static final int AT_ONCE = 500;
    private static final long LOOK_NANOS = 50_000_000;

    private static final String RULES =
            """
            {"rules": [
                {"name": "busy", "when": "name.endsWith('7') && rows > 5", "temperature": "hot"},
                {"name": "tagged", "when": "'x' in tags", "temperature": "hot"},
                {"name": "named", "when": "name.matches('^t9.*')", "temperature": "cold"}]}
            """;

    @Override
    public String description() {
        return "start, answers and stop of ./tidetable run with many tables"
                + " [--tables 10000] [--rounds 1] [--heap 512m]";
    }

    @Override
    public List<Table> run(List<String> options, Consumer<String> progress)
            throws IOException, InterruptedException {
        int tables = Integer.parseInt(Options.of(options, "--tables", "10000"));
        int rounds = Integer.parseInt(Options.of(options, "--rounds", "1"));
        String heap = Options.of(options, "--heap", "512m");
        Figures figures = new Figures(progress);
        for (int round = 0; round < rounds; round++) {
            try (Contest contest = new Contest(AS_IT_COMES, OURS)) {
                new Round(contest, tables, heap, figures).go();
            } catch (SQLException e) {
                throw new IOException(e);
            }
        }
        return List.of(
                figures.medians(
                        "%,d tables, each with a key and a row; heap of %s"
                                .formatted(tables, heap)));
    }

    private record Round(Contest contest, int tables, String heap, Figures figures) {
        void go() throws IOException, SQLException, InterruptedException {
            for (int first = 1; first <= tables; first += AT_ONCE) {
                contest.atSource(
                        """
                        DO $$ BEGIN FOR i IN %d..%d LOOP
                            EXECUTE format('CREATE TABLE t%%s (id bigint PRIMARY KEY, v text)', i);
                            EXECUTE format('INSERT INTO t%%s VALUES (1, ''v'')', i);
                        END LOOP; END $$
                        """
                                .formatted(first, Math.min(tables, first + AT_ONCE - 1)));
            }
            contest.atSource("ANALYZE");
            contest.checkpoint();
            start("first start");
            start("next start");
        }

        private void start(String subject) throws IOException, SQLException, InterruptedException {
            long began = System.nanoTime();
            RunningTidetable process = RunningTidetable.start(contest, OURS, heap);
            try (process) {
                while (process.secondsOfStatus() < 0) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }
                note(subject, "s until it answers", secondsSince(began));
                while (!process.isReady()) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }
                note(subject, "s until ready", secondsSince(began));
                note(subject, "s of processor until then", process.processorSeconds());
                awaitAllStream(process);
                note(subject, "s until all stream", secondsSince(began));
                note(subject, "s of processor by then", process.processorSeconds());
                answers(subject, process);
                carry(subject, process);
                note(subject, "resident MB", process.mostResident());
                note(subject, "heap after collections MB", process.mostLeft());
                began = System.nanoTime();
            }
            note(subject, "s to stop", secondsSince(began));
        }

        private void answers(String subject, RunningTidetable process)
                throws IOException, InterruptedException {
            note(subject, "s of the whole status", process.secondsOf("/api/v1/status"));
            note(subject, "s of a page of 1,000", process.secondsOf("/api/v1/tables?limit=1000"));
            note(subject, "s of rules tried", process.secondsOfPost("/api/v1/rules/test", RULES));
        }

        /** A change of each table, which also shows that they do stream. */
        private void carry(String subject, RunningTidetable process)
                throws IOException, SQLException {
            String value = subject.replace(' ', '_');
            for (int first = 1; first <= tables; first += AT_ONCE) {
                contest.atSource(
                        """
                        DO $$ BEGIN FOR i IN %d..%d LOOP
                            EXECUTE format('UPDATE t%%s SET v = %%L', i, '%s');
                        END LOOP; END $$
                        """
                                .formatted(first, Math.min(tables, first + AT_ONCE - 1), value));
            }
            long changed = System.nanoTime();
            for (int first = 1; first <= tables; first += AT_ONCE) {
                int last = Math.min(tables, first + AT_ONCE - 1);
                StringBuilder all = new StringBuilder();
                for (int table = first; table <= last; table++) {
                    all.append(all.isEmpty() ? "" : " UNION ALL ")
                            .append("SELECT v FROM t")
                            .append(table);
                }
                awaitThere(
                        process,
                        "SELECT count(*) = %d FROM (%s) a WHERE v = '%s'"
                                .formatted(last - first + 1, all, value));
            }
            note(subject, "s to carry a change of each", secondsSince(changed));
        }

        private void awaitAllStream(RunningTidetable process) throws IOException, SQLException {
            awaitThere(
                    process,
                    "SELECT count(*) = %d FROM tidetable.replicated_table WHERE state = 'streaming'"
                            .formatted(tables));
        }

        private void awaitThere(RunningTidetable process, String question)
                throws IOException, SQLException {
            try (Connection connection = contest.destination.connect(OURS);
                    Statement statement = connection.createStatement()) {
                while (true) {
                    process.requireAlive();
                    try (ResultSet row = statement.executeQuery(question)) {
                        row.next();
                        if (row.getBoolean(1)) {
                            return;
                        }
                    }
                    LockSupport.parkNanos(4 * LOOK_NANOS);
                }
            }
        }

        private void note(String subject, String figure, double value) {
            figures.note(subject, OURS, figure, value);
        }

        private static double secondsSince(long began) {
            return (System.nanoTime() - began) / 1e9;
        }
    }
}
