package io.tidetable.model.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicationSchemaTest {
    private static final ReplicationSchema USUAL =
            ReplicationSchema.usual(
                    new TableId("public", "orders"),
                    new DestinationId("reporting"),
                    Instant.parse("2026-01-02T03:04:05Z"));

    @Test
    void groupsAndStrictTakeOnlyDelta() {
        Strategy full = new Strategy.Full(Duration.ofMinutes(5));

        assertThatThrownBy(() ->
                        USUAL.withConsistency(new Consistency.Group("checkout")).withStrategy(full))
                .hasMessageContaining("group: checkout")
                .hasMessageContaining("delta only");
        assertThatThrownBy(() ->
                        USUAL.withStrategy(Strategy.Sampling.USUAL)
                                .withConsistency(new Consistency.Strict()))
                .hasMessageContaining("delta only");
        assertThat(USUAL.withStrategy(full).strategy()).isEqualTo(full);
    }

    @Test
    void whoDecidedDoesNotChangeWhatIsAskedFor() {
        ReplicationSchema other =
                USUAL.withVersion(7).decided(Origin.PLANNER, "a forecast", Instant.EPOCH);

        assertThat(other.asksTheSame(USUAL)).isTrue();
        assertThat(other.withPriority(2).asksTheSame(USUAL)).isFalse();
    }

    @Test
    void parametersOfStrategiesStayInTheirRanges() {
        assertThatThrownBy(() -> new Strategy.Full(Duration.ZERO)).hasMessageContaining("cadence");
        assertThatThrownBy(() -> new Strategy.Sampling(0, 0.95, 0.01, Duration.ofMinutes(1), 2))
                .hasMessageContaining("margin of error");
        assertThatThrownBy(() -> new Strategy.Functional(List.of(), List.of(), null))
                .hasMessageContaining("at least one function");
        assertThat(
                        new Strategy.Functional(List.of("b", "a"), List.of("z", "y"), "x > 1")
                                .describe())
                .isEqualTo("what a, b needs: columns y, z, rows where x > 1");
        assertThat(Strategy.Sampling.USUAL.describe())
                .isEqualTo("a sample with a margin of error of 2 % at 95 % confidence");
        assertThat(new Strategy.Full(Duration.ofMinutes(15)).describe())
                .isEqualTo("a full refresh every 15 min");
    }
}
