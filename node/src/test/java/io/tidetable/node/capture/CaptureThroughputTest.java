package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.testkit.Servers;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How fast a backlog is read; prints it. */
@Tag("wide")
class CaptureThroughputTest {
    private static final int ROWS = 500_000;

    @Test
    void aBacklogOfInsertsIsReadFasterThanItCouldBeWritten() throws Exception {
        try (CaptureWorld world = new CaptureWorld(Servers.source())) {
            world.run(
                    """
                    CREATE TABLE orders (id bigint PRIMARY KEY, customer text, article text,
                        amount numeric, placed timestamptz, paid boolean, quantity int, note text)
                    """);
            var consistent = world.publish("orders");
            world.run(
                    """
                    DO $$ BEGIN FOR i IN 0..499 LOOP
                        INSERT INTO orders SELECT i * 1000 + g, 'customer ' || g, 'article ' || g,
                            g * 1.5, now(), g % 2 = 0, g, repeat('n', 40)
                        FROM generate_series(1, 1000) g;
                        COMMIT;
                    END LOOP; END $$
                    """);
            for (int round = 0; round < 4; round++) {
                boolean moderated = round % 2 == 0;
                RecordingJournal journal = new RecordingJournal();
                journal.countOnly();
                journal.startAt(consistent);
                NeverDurable held = new NeverDurable(journal, consistent);
                var threads =
                        (com.sun.management.OperatingSystemMXBean)
                                ManagementFactory.getOperatingSystemMXBean();
                long cpu = threads.getProcessCpuTime();
                long began = System.nanoTime();
                try (TrackCapture capture =
                        world.capture(held, CaptureSettings.DEFAULT, moderated)) {
                    capture.start();
                    await().atMost(Duration.ofSeconds(60))
                            .pollInterval(Duration.ofMillis(5))
                            .until(() -> journal.changeCount() >= ROWS);
                    double seconds = (System.nanoTime() - began) / 1e9;
                    double sourceSeconds =
                            ProcessHandle.of(world.slot().activePid().orElseThrow())
                                            .flatMap(p -> p.info().totalCpuDuration())
                                            .orElseThrow()
                                            .toMillis()
                                    / 1e3;
                    double cpuSeconds = (threads.getProcessCpuTime() - cpu) / 1e9;
                    System.out.printf(
                            "CaptureThroughputTest %s: %d rows, %d MB in %.2f s = %.0f rows/s, java cpu %.2f s, source cpu %.2f s%n",
                            moderated ? "moderated socket" : "plain socket",
                            ROWS,
                            capture.status().bytes() >> 20,
                            seconds,
                            ROWS / seconds,
                            cpuSeconds,
                            sourceSeconds);
                    assertThat(ROWS / seconds).isGreaterThan(20_000);
                }
            }
        }
    }
}
