package io.tidetable.node.pipeline.semantics;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The source keeps little of its log for us, whatever the destination does. */
class SlotsTest {
    private final ReplicatedPair pair = ReplicatedPair.fresh();

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    @Test
    void slotsLetGoOfTheLogSoonerThanTheSourceNotesItsTransactionsByItself() throws Exception {
        pair.source("CREATE TABLE t (id int PRIMARY KEY)");
        pair.stream();
        pair.pauseAll();
        Duration soon = Duration.ofSeconds(pair.sourceVersion() >= 160_000 ? 5 : 40);
        for (int round = 0; round < 3; round++) {
            pair.source(
                    "INSERT INTO t SELECT generate_series(%1$d, %1$d + 99)".formatted(round * 100));
            String written = pair.rowsAtSource("SELECT pg_current_wal_insert_lsn()").getFirst();
            // By itself it does so every 15 seconds, so three times would take half a minute.
            Awaitility.await()
                    .atMost(soon)
                    .until(() ->
                            pair.rowsAtSource(
                                            "SELECT bool_and(restart_lsn >= '%s') FROM pg_replication_slots WHERE database = current_database()"
                                                    .formatted(written))
                                    .equals(List.of("t")));
        }
        pair.resumeAll();
        pair.assertEqual();
    }
}
