package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sampled table notices when its distribution shifts, and only then. */
class SampledTableTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId READINGS = new TableId("public", "readings");
    private static final Strategy SAMPLING =
            new Strategy.Sampling(0.02, 0.95, 0.01, Duration.ofSeconds(1), 2);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void aShiftBringsAFullRefreshAndANewBaselineAndIsRecorded() throws Exception {
        databases.onSource(
                "CREATE TABLE readings (id int PRIMARY KEY, value float8, kind text, at timestamptz"
                        + " NOT NULL DEFAULT now())",
                "SELECT setseed(0.5)",
                "INSERT INTO readings SELECT g, 10 + sqrt(-2 * ln(1 - random())) * cos(6.283185307"
                        + " * random()), (ARRAY['a', 'b', 'c'])[1 + floor(random() * 3)::int] FROM"
                        + " generate_series(1, 20000) g");
        try (Pipeline pipeline =
                new PipelineBuilder(databases, directory)
                        .rule("public.readings", new Consistency.Table(), Track.BULK, SAMPLING)
                        .build()) {
            pipeline.start();
            awaitSampled(pipeline);
            Lsn asOf =
                    Objects.requireNonNull(
                            pipeline.strategy(PipelineBuilder.REPORTING, READINGS).asOf());
            awaitBaseline();

            // As many other rows of the same kind: no shift.
            databases.onSource(
                    "UPDATE readings SET value = 10 + sqrt(-2 * ln(1 - random())) * cos(6.283185307"
                            + " * random())");
            databases.onSource("DELETE FROM readings WHERE id % 50 = 0");
            Awaitility.await().pollDelay(Duration.ofSeconds(4)).atMost(LIMIT).until(() -> true);
            assertThat(number("SELECT count(*) FROM tidetable.shift")).isZero();
            assertThat(pipeline.strategy(PipelineBuilder.REPORTING, READINGS).asOf())
                    .isEqualTo(asOf);
            assertThat(number("SELECT count(*) FROM readings")).isGreaterThan(19_650);

            databases.onSource("UPDATE readings SET value = value + 0.4");
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> number("SELECT count(*) FROM tidetable.shift") > 0);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() ->
                            number("SELECT count(*) FROM readings") == 19_600
                                    && Objects.requireNonNull(
                                                    pipeline.strategy(
                                                                    PipelineBuilder.REPORTING,
                                                                    READINGS)
                                                            .asOf())
                                            .isAfter(asOf));
            awaitBaseline();
            assertThat(
                            number(
                                    "SELECT count(*) FROM tidetable.shift WHERE column_name ="
                                            + " 'value' AND p < 0.01 AND cardinality(bins) > 5 AND"
                                            + " cardinality(baseline_rows) = cardinality(rows_now)"))
                    .isPositive();
            assertThat(pipeline.verify(PipelineBuilder.REPORTING, Set.of(), false, each -> {}))
                    .allMatch(each -> each.equal() && each.sourceRows() < 4000);
        }
    }

    private void awaitSampled(Pipeline pipeline) {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        pipeline.strategy(PipelineBuilder.REPORTING, READINGS)
                                .strategy()
                                .equals(SAMPLING));
    }

    private void awaitBaseline() {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        number("SELECT count(*) FROM tidetable.strategy WHERE baseline IS NOT NULL")
                                == 1);
    }

    private long number(String query) throws SQLException {
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
