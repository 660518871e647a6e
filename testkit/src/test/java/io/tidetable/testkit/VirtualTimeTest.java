package io.tidetable.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void eventsHappenInTheOrderOfTheirTime() {
        VirtualTime time = new VirtualTime(1);
        Instant start = time.instant();
        List<String> happened = new ArrayList<>();
        time.schedule(SECOND.multipliedBy(3), () -> happened.add("c " + elapsed(time, start)));
        time.schedule(
                SECOND,
                () -> {
                    happened.add("a " + elapsed(time, start));
                    time.schedule(SECOND, () -> happened.add("b " + elapsed(time, start)));
                });
        var cancelled = time.schedule(SECOND, () -> happened.add("never"));
        cancelled.cancel();

        time.runFor(Duration.ofSeconds(2));
        assertThat(happened).containsExactly("a 1", "b 2");
        time.runFor(Duration.ofSeconds(8));

        assertThat(happened).containsExactly("a 1", "b 2", "c 3");
        assertThat(elapsed(time, start)).isEqualTo(10);
    }

    @Test
    void aCancelledEventDoesNotLetALaterOneIn() {
        VirtualTime time = new VirtualTime(1);
        List<String> happened = new ArrayList<>();
        time.schedule(SECOND, () -> happened.add("never")).cancel();
        time.schedule(SECOND.multipliedBy(5), () -> happened.add("later"));

        time.runFor(Duration.ofSeconds(2));

        assertThat(happened).isEmpty();
    }

    @Test
    void aSeedRepeatsARunAndOthersTryOtherOrders() {
        Set<List<Integer>> orders = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            assertThat(run(seed)).isEqualTo(run(seed));
            orders.add(run(seed));
        }
        assertThat(orders).hasSizeGreaterThan(10);
    }

    @Test
    void aConditionThatDoesNotComeTrueFailsWithTheSeed() {
        VirtualTime time = new VirtualTime(42);
        int[] ticks = {0};
        time.every(SECOND, () -> ++ticks[0] > 0);

        time.runUntil(() -> ticks[0] == 5, Duration.ofSeconds(10));
        assertThat(ticks[0]).isEqualTo(5);

        assertThatThrownBy(() -> time.runUntil(() -> false, Duration.ofSeconds(10)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed 42");
        assertThat(ticks[0]).isEqualTo(15);
    }

    private static List<Integer> run(long seed) {
        VirtualTime time = new VirtualTime(seed);
        List<Integer> happened = new ArrayList<>();
        for (int number = 0; number < 6; number++) {
            int mine = number;
            time.schedule(SECOND, () -> happened.add(mine + 10 * time.random().nextInt(2)));
        }
        time.runFor(SECOND);
        return happened;
    }

    private static long elapsed(VirtualTime time, Instant start) {
        return Duration.between(start, time.instant()).toSeconds();
    }
}
