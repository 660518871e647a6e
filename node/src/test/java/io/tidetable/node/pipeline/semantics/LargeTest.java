package io.tidetable.node.pipeline.semantics;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.testkit.ChildProcess;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is very large fits into little memory. */
@Tag("wide")
class LargeTest {
    private static final Duration LIMIT = Duration.ofMinutes(20);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void close() throws Exception {
        databases.close();
    }

    private ChildProcess start(String heap) {
        return start(heap, databases);
    }

    private ChildProcess start(String heap, DatabasePair databases) {
        ChildProcess process =
                ChildProcess.of(PipelineOfDefaults.class)
                        .heap(heap)
                        .arguments(
                                databases.sourceJdbcUrl(),
                                databases.destinationJdbcUrl(),
                                databases.sourceName(),
                                directory.toString())
                        .start();
        System.out.println(process.awaitLine("started", LIMIT));
        return process;
    }

    private void complete(ChildProcess process, String what) throws Exception {
        process.send(what);
        System.out.println(process.awaitLine(what + " complete", LIMIT));
    }

    @Test
    void aTransactionOfTenMillionRowsFitsInto512Megabytes() throws Exception {
        databases.onSource("CREATE TABLE t (id int PRIMARY KEY, v text)");
        try (ChildProcess process = start("512m")) {
            complete(process, "empty");
            databases.onSource(
                    "INSERT INTO t SELECT g, 'row ' || g FROM generate_series(1, 10000000) g");
            complete(process, "inserted");
            databases.onSource(
                    "UPDATE t SET v = v || '!' WHERE id % 10 = 0",
                    "DELETE FROM t WHERE id % 10 = 1");
            complete(process, "changed");
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aGigabyteOfChangesThatPiledUpWhileTheDestinationWasDownDrainsIn512Megabytes()
            throws Exception {
        try (PostgresServer source = PostgresServer.start();
                PostgresServer destination = PostgresServer.start();
                DatabasePair own = Servers.pairOn(source, destination)) {
            own.onSource(
                    "CREATE TABLE t (id int PRIMARY KEY, v text)",
                    "CREATE TABLE u (id int PRIMARY KEY, v text)");
            try (ChildProcess process = start("512m", own)) {
                complete(process, "empty");
                destination.stop();
                for (int from = 0; from < 500_000; from += 10_000) {
                    for (String table : List.of("t", "u")) {
                        own.onSource(
                                "INSERT INTO %s SELECT g, repeat(md5(g::text), 32) FROM generate_series(%d, %d) g"
                                        .formatted(table, from, from + 9_999),
                                "UPDATE %s SET v = v || 'x' WHERE id %% 10 = 0 AND id >= %d"
                                        .formatted(table, from));
                    }
                }
                Awaitility.await().atMost(LIMIT).until(() -> bytesIn(directory) > 1_000_000_000);
                destination.restart();
                complete(process, "drained");
            }
            own.comparer().assertEqual();
        }
    }

    private static long bytesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @Test
    void fiveThousandTablesFitInto512Megabytes() throws Exception {
        for (int from = 0; from < 5000; from += 500) {
            databases.onSource(
                    "DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE format('CREATE TABLE t%%s (id int PRIMARY KEY, v text)', i); EXECUTE format('INSERT INTO t%%s VALUES (1, ''v'')', i); END LOOP; END $$"
                            .formatted(from, from + 499));
        }
        try (ChildProcess process = start("512m")) {
            complete(process, "copied");
            databases.onSource(
                    "DO $$ BEGIN FOR i IN 0..4999 LOOP EXECUTE format('INSERT INTO t%s VALUES (2, ''w'')', i); END LOOP; END $$",
                    "DO $$ BEGIN FOR i IN 0..4999 LOOP EXECUTE format('UPDATE t%s SET v = ''x''', i); END LOOP; END $$");
            complete(process, "changed");
        }
        try (ChildProcess process = start("512m")) {
            complete(process, "restarted");
        }
        databases.comparer().assertEqual();
    }

    @Test
    void valuesOfAHundredMegabytesFitIntoAGigabyte() throws Exception {
        databases.onSource(
                "CREATE TABLE t (id int PRIMARY KEY, v int, a text, b bytea)",
                "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL",
                "INSERT INTO t SELECT 1, 1, repeat('0123456789', 10000000), NULL");
        try (ChildProcess process = start("1g")) {
            complete(process, "copied");
            databases.onSource(
                    "INSERT INTO t SELECT 2, 1, NULL, decode(repeat('00ff', 50000000), 'hex')",
                    "UPDATE t SET v = 2",
                    "UPDATE t SET id = id + 10",
                    "INSERT INTO t SELECT 3, 1, repeat('abcdefghij', 10000000), NULL",
                    "UPDATE t SET a = a || 'x' WHERE id = 3");
            complete(process, "changed");
        }
        databases.comparer().assertEqual();
    }
}
