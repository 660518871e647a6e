package io.tidetable.node.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.strategy.AutomaticCadence.Costs;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AutomaticCadenceTest {
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** A refresh of 2 s, a change of 0.1 ms: as much as 20,000 changes. */
    private static final Costs COSTS = new Costs(2e9, 1e5);

    private final AutomaticCadence cadence = new AutomaticCadence(Duration.ofMinutes(15));
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private double changes;
    private int changed;

    @Test
    void refreshesCostAsMuchAsTheChangesWouldOrLess() {
        run(40, 100, COSTS, null);

        assertThat(cadence.current().cadence()).isEqualTo(Duration.ofSeconds(200));
        assertThat(cadence.current().reason())
                .contains(
                        "a refresh takes 2.00 s, a change 0.100 ms, and 100 changes come per second")
                .endsWith("refreshes cost no more than its changes would");
        assertThat(changed).isEqualTo(1);
    }

    @Test
    void untilCostsAreKnownTheUsualCadenceCounts() {
        run(40, 100, new Costs(null, 1e5), null);
        run(40, 100, new Costs(2e9, null), null);

        assertThat(cadence.current().cadence()).isEqualTo(Duration.ofMinutes(15));
        assertThat(cadence.current().reason()).contains("is not known yet");
        assertThat(changed).isZero();
    }

    @Test
    void aFreshnessThatWasAskedForWinsAndItsPriceIsSaid() {
        run(40, 100, COSTS, Duration.ofSeconds(30));

        assertThat(cadence.current().cadence()).isEqualTo(Duration.ofSeconds(30));
        assertThat(cadence.current().reason()).contains("strategy delta is the cheaper way");
    }

    @Test
    void whateverChangesTheLimitsHold() {
        run(40, 1e6, new Costs(1e6, 1e5), null);
        assertThat(cadence.current().cadence()).isEqualTo(AutomaticCadence.SHORTEST);

        run(40, 1e6, new Costs(60e9, 1e5), Duration.ofSeconds(1));
        assertThat(cadence.current().cadence())
                .as("at most half the time is spent on refreshes")
                .isEqualTo(Duration.ofMinutes(2));

        run(40, 0, COSTS, null);
        assertThat(cadence.current().cadence()).isEqualTo(AutomaticCadence.LONGEST);
        assertThat(cadence.current().reason()).contains("so little changes");
    }

    @Test
    void aRateThatWaversChangesNothingAndOneThatStaysDoesOnce() {
        SplittableRandom chance = new SplittableRandom(7);
        run(40, 100, COSTS, null);
        for (int look = 0; look < 500; look++) {
            run(1, 90 + chance.nextInt(20), COSTS, null);
        }
        assertThat(changed).isEqualTo(1);

        run(1, 5_000, COSTS, null);
        run(1, 0, COSTS, null);
        assertThat(changed).as("two looks are not enough").isEqualTo(1);

        run(100, 400, COSTS, null);
        assertThat(cadence.current().cadence())
                .isBetween(Duration.ofSeconds(40), Duration.ofSeconds(63));
        assertThat(changed).isLessThanOrEqualTo(4);
    }

    @Test
    void aCountThatBeginsAnewIsNoRate() {
        run(40, 100, COSTS, null);
        changes = 0;
        run(40, 100, COSTS, null);

        assertThat(cadence.current().cadence()).isEqualTo(Duration.ofSeconds(200));
        assertThat(changed).isEqualTo(1);
    }

    private void run(int looks, double perSecond, Costs costs, @Nullable Duration freshness) {
        for (int look = 0; look < looks; look++) {
            now = now.plus(LOOK);
            changes += perSecond * LOOK.toSeconds();
            if (cadence.look(costs, Math.round(changes), now, freshness)) {
                changed++;
            }
        }
    }
}
