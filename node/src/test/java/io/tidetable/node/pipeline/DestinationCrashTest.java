package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Consistency;
import io.tidetable.model.Lsn;
import io.tidetable.model.Track;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A destination that crashes takes back commits that it had confirmed, since they need not be on
 * its disk: what it took back is applied again, also where the source has nothing new to say.
 */
@Tag("slow")
class DestinationCrashTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern RECOVERED = Pattern.compile("redo done at ([0-9A-F]+/[0-9A-F]+)");
    private static final int CRASHES = 4;

    @TempDir Path directory;

    @Test
    void whatACrashTookBackIsAppliedAgain() throws Exception {
        int tookBack = 0;
        try (PostgresServer destination = PostgresServer.start(Map.of("wal_writer_delay", "10s"));
                DatabasePair databases = Servers.pairOn(Servers.source(), destination)) {
            createTables(databases);
            Consistency together = new Consistency.Group("shop");
            try (Pipeline pipeline =
                    new PipelineBuilder(databases, directory)
                            .rule("public.spread", new Consistency.Key(3), Track.BULK)
                            .rule("public.hot", together, Track.EXPRESS)
                            .rule("public.cold", together, Track.BULK)
                            .build()) {
                pipeline.start();
                awaitComplete(pipeline);
                for (int crash = 0; crash < CRASHES; crash++) {
                    change(databases, crash);
                    awaitComplete(pipeline);
                    Lsn written = written(databases);
                    destination.stopImmediately();
                    destination.restart();
                    if (written.isAfter(recovered(destination))) {
                        tookBack++;
                    }
                    awaitEqual(databases);
                }
            }
        }
        assertThat(tookBack).as("crashes that took commits back").isPositive();
    }

    private static void createTables(DatabasePair databases) throws SQLException {
        for (String table : List.of("plain", "spread", "hot", "cold")) {
            databases.onSource(
                    "CREATE TABLE %s (id int PRIMARY KEY, total int)".formatted(table),
                    "INSERT INTO %s SELECT g, 0 FROM generate_series(1, 200) g".formatted(table));
        }
    }

    private static void change(DatabasePair databases, int round) throws SQLException {
        databases.onSource(
                "INSERT INTO plain VALUES (%d, 1)".formatted(1000 + round),
                "UPDATE spread SET total = total + 1",
                "UPDATE spread SET id = -id WHERE id %% 10 = %d".formatted(round),
                "WITH one AS (UPDATE hot SET total = total + 1) UPDATE cold SET total = total - 1");
    }

    private static Lsn written(DatabasePair databases) throws SQLException {
        try (Connection connection = databases.connectDestination();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text")) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    private static Lsn recovered(PostgresServer server) throws Exception {
        Matcher found = RECOVERED.matcher(Files.readString(server.log()));
        Lsn last = Lsn.ZERO;
        while (found.find()) {
            last = Lsn.parse(found.group(1));
        }
        return last;
    }

    /** Nothing more happens at the source: only what was taken back is missing. */
    private static void awaitEqual(DatabasePair databases) {
        org.awaitility.Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> databases.comparer().assertEqual());
    }
}
