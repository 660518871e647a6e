package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static io.tidetable.node.pipeline.PipelineBuilder.REPORTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.TableId;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes that a destination refuses are shown, written later, or given up and mended. */
class QuarantineDeskTest {
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    private static long shown(Pipeline pipeline) {
        return pipeline.status().destinations().getFirst().tables().getFirst().quarantined();
    }

    @Test
    void whatIsRefusedIsShownAcrossAStartAndIsRetriedOrGivenUpByRows() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g");
        try (Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            assertThat(pipeline.manifest(REPORTING, ORDERS).chunks())
                    .isNotEmpty()
                    .allMatch(CopyManifest.Chunk::done);
            assertThat(pipeline.manifests(REPORTING))
                    .singleElement()
                    .satisfies(it -> {
                        assertThat(it.table()).isEqualTo(ORDERS);
                        assertThat(it.isDone()).isTrue();
                        assertThat(it.estimatedRows()).isEqualTo(it.rows());
                    });
            databases.onDestination("ALTER TABLE orders ADD CHECK (total < 1000)");
            databases.onSource(
                    "UPDATE orders SET total = 5000 WHERE id IN (7, 8)",
                    "UPDATE orders SET total = 5001 WHERE id = 7",
                    "UPDATE orders SET total = 3 WHERE id = 9");
            awaitComplete(pipeline);
        }

        try (Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            assertThat(shown(pipeline)).isEqualTo(3);
            List<QuarantinedChange> refused = pipeline.quarantined(REPORTING, ORDERS, 10);
            assertThat(refused).hasSize(3);
            assertThat(refused.getFirst().sqlState()).isEqualTo("23514");
            String seven = refused.getLast().chain();
            String eight =
                    refused.stream()
                            .map(QuarantinedChange::chain)
                            .filter(it -> !it.equals(seven))
                            .findFirst()
                            .orElseThrow();

            RetriedChanges again = pipeline.retryQuarantined(REPORTING, ORDERS, seven);
            assertThat(again.applied()).isZero();
            assertThat(again.failure()).contains("violates check constraint");
            assertThat(shown(pipeline)).isEqualTo(3);

            databases.onDestination("ALTER TABLE orders DROP CONSTRAINT orders_total_check");
            assertThat(pipeline.retryQuarantined(REPORTING, ORDERS, seven).applied()).isEqualTo(2);
            assertThat(shown(pipeline)).isEqualTo(1);
            assertThat(pipeline.discardQuarantined(REPORTING, ORDERS, eight)).isEqualTo(1);
            assertThat(shown(pipeline)).isZero();
        }
    }

    @Test
    @Tag("wide")
    void whatIsGivenUpIsMendedFromTheSource() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g");
        try (Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            databases.onDestination("ALTER TABLE orders ADD CHECK (total < 1000)");
            databases.onSource("UPDATE orders SET total = 5000 WHERE id = 7");
            awaitComplete(pipeline);
            String chain = pipeline.quarantined(REPORTING, ORDERS, 10).getFirst().chain();
            databases.onDestination("ALTER TABLE orders DROP CONSTRAINT orders_total_check");

            assertThat(pipeline.discardQuarantined(REPORTING, ORDERS, chain)).isEqualTo(1);

            await().atMost(LIMIT.multipliedBy(2))
                    .untilAsserted(() -> databases.comparer().assertEqual());
        }
    }
}
