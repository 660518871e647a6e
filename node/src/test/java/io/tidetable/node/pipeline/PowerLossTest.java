package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static io.tidetable.node.pipeline.Arrivals.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.Lsn;
import io.tidetable.model.Track;
import io.tidetable.node.fault.DyingDisk;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine that dies takes along what the journal had written and not synced. Lanes have applied
 * it; the source sends it again.
 */
class PowerLossTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final String CONFIRMED =
            """
            SELECT max(confirmed_flush_lsn)::text FROM pg_replication_slots
            WHERE database = current_database()
            """;

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void whatTheJournalLosesWithTheMachineIsSentAgainAndAppliedOnce() throws Exception {
        databases.onSource(
                "CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL)",
                "CREATE TABLE entries (account int, amount int)",
                "ALTER TABLE entries REPLICA IDENTITY FULL",
                "INSERT INTO accounts SELECT g, 100 FROM generate_series(1, 20) g");
        Path journal = directory.resolve("node");
        Path kept = directory.resolve("kept");
        DyingDisk disk = new DyingDisk(Track.values().length);
        try (Pipeline pipeline = builder(journal).with(disk).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            disk.hold();
            transfer(1);
            assertThat(disk.awaitHeld()).isTrue();
            copy(journal, kept);
            for (int n = 2; n <= 50; n++) {
                transfer(n);
            }
            Lsn written = pipeline.sourcePosition();
            // They arrive although nothing of them is known to be on disk.
            Awaitility.await().atMost(LIMIT).until(this::isAllThere);
            assertThat(confirmed()).isLessThan(written);
            disk.die();
        }
        delete(journal);
        copy(kept, journal);

        try (Pipeline pipeline = builder(journal).build()) {
            pipeline.start();
            transfer(51);
            awaitComplete(pipeline);
            assertThat(pipeline.status().toString()).doesNotContain("merg");
        }
        assertThat(rows(databases.connectDestination(), "SELECT * FROM entries")).hasSize(102);
        databases.comparer().assertEqual();
    }

    private PipelineBuilder builder(Path journal) {
        return new PipelineBuilder(databases, journal)
                .tuned(PipelineBuilder.QUICK)
                .stoppingWhereChangesAreLost()
                .rule("public.accounts", new Consistency.Table(), Track.EXPRESS);
    }

    /**
     * One more on one account, one less on another, and both noted where nothing tells rows apart.
     */
    private void transfer(int n) throws SQLException {
        int to = n % 20 + 1;
        int from = (n * 7) % 20 + 1;
        databases.onSource(
                """
                BEGIN;
                UPDATE accounts SET balance = balance + 1 WHERE id = %1$d;
                UPDATE accounts SET balance = balance - 1 WHERE id = %2$d;
                INSERT INTO entries VALUES (%1$d, 1), (%2$d, -1);
                COMMIT
                """
                        .formatted(to, from));
    }

    private boolean isAllThere() throws SQLException {
        for (String table : List.of("accounts", "entries")) {
            String query = "SELECT * FROM " + table;
            if (!rows(databases.connectDestination(), query)
                    .equals(rows(databases.connectSource(), query))) {
                return false;
            }
        }
        return true;
    }

    private Lsn confirmed() throws SQLException {
        return Lsn.parse(
                rows(databases.connectSource(), CONFIRMED).getFirst().replaceAll("[()]", ""));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Files.copy(each, to.resolve(from.relativize(each)));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
