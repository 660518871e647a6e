package io.tidetable.control.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.control.classify.Stated;
import io.tidetable.control.observe.Reading;
import io.tidetable.control.observe.StatisticsReader;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.DestinationId;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Temperature;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("wide")
class ManyTablesTest {
    private static final int TABLES = 10_000;
    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** Each hundred in a transaction of its own: they would not fit into the table of locks. */
    private static final String CREATE =
            """
            DO $$ BEGIN
                FOR i IN 1 .. %d LOOP
                    EXECUTE format('CREATE TABLE t%%s (id bigint PRIMARY KEY)', i);
                    IF i %% 100 = 0 THEN COMMIT; END IF;
                END LOOP;
            END $$
            """
                    .formatted(TABLES);

    @Test
    void tenThousandTablesAreObservedClassifiedAndReadWithinSeconds() throws SQLException {
        try (DatabasePair databases = Servers.freshPair();
                ControlPlane control = controlPlane(databases);
                ControlPlane again = controlPlane(databases)) {
            databases.onSource(CREATE);

            Duration reading =
                    timed(() -> {
                        try (Connection connection = databases.connectSource()) {
                            Reading read = StatisticsReader.read(connection);
                            assertThat(read.tables()).hasSize(TABLES);
                        }
                    });
            Duration first = timed(control::start);
            Duration next = timed(again::start);
            List<ClassificationRule> rules =
                    List.of(
                            rule("a", "name.endsWith('7') && rows > 5"),
                            rule("b", "'x' in tags"),
                            rule("c", "name.matches('^t9.*')"));
            Duration trial = timed(() -> assertThat(again.rules().test(rules)).hasSize(TABLES));
            Duration page = timed(() -> assertThat(again.inForce()).hasSize(TABLES));

            System.out.printf(
                    "10000 tables: statistics %s, first start %s, next start %s, rules tried %s, in force %s%n",
                    reading, first, next, trial, page);
            assertThat(List.of(reading, first, next, trial, page))
                    .allMatch(it -> it.compareTo(LIMIT) < 0);
        }
    }

    private static ClassificationRule rule(String name, String condition) {
        return new ClassificationRule(
                name, condition, Temperature.HOT, null, null, null, null, null, null);
    }

    private interface Step {
        void run() throws SQLException;
    }

    private static Duration timed(Step step) throws SQLException {
        long begin = System.nanoTime();
        step.run();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static ControlPlane controlPlane(DatabasePair databases) {
        return new ControlPlane(
                new MetadataStore(_ -> databases.connectDestination(), "main"),
                new Replicated(
                        _ -> databases.connectSource(),
                        Map.of(new DestinationId("reporting"), _ -> databases.connectDestination()),
                        _ -> Optional.of(Stated.NOTHING)),
                InstantSource.system());
    }
}
