package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** Time is counted, not waited for: one look each millisecond. */
class RightOfWayTest {
    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1_000 * MILLISECOND;

    private final RightOfWay way = new RightOfWay();
    private long now = -5 * SECOND;

    /** With each commit. */
    private long bytes = 2_000;

    /** What bulk reads in a millisecond in which it may. */
    private long bulk = 1_000;

    private long justRead;
    private long read;

    /** Lets time pass with a commit each 5 ms; how long bulk was told to wait meanwhile. */
    private Duration pass(Duration time, LongUnaryOperator delay) {
        Duration before = way.waited();
        long end = now + time.toNanos();
        for (long tick = 0; now < end; tick++) {
            if (tick % 5 == 0) {
                way.arrived(now, delay.applyAsLong(tick / 5), bytes);
            }
            look();
        }
        return way.waited().minus(before);
    }

    private boolean look() {
        boolean waits = way.mustWait(now, justRead);
        justRead = waits ? 0 : bulk;
        read += justRead;
        now += MILLISECOND;
        return waits;
    }

    @Test
    void nobodyWaitsWhileTheExpressTrackIsInTime() {
        assertThat(pass(Duration.ofSeconds(60), n -> n % 8 * MILLISECOND)).isZero();
    }

    @Test
    void bulkWaitsThreeQuartersOfTheTimeWhileTheExpressTrackIsLate() {
        pass(Duration.ofSeconds(1), _ -> MILLISECOND);

        Duration waited = pass(Duration.ofSeconds(8), _ -> 50 * MILLISECOND);

        assertThat(waited).isBetween(Duration.ofMillis(5_500), Duration.ofMillis(6_100));
        assertThat(pass(Duration.ofSeconds(1), _ -> 3 * MILLISECOND))
                .isLessThan(Duration.ofMillis(5));
    }

    @Test
    void bulkThatWouldReadMuchGoesOnByATrickle() {
        pass(Duration.ofSeconds(1), _ -> MILLISECOND);
        bulk = 200_000;
        read = 0;

        pass(Duration.ofSeconds(4), _ -> 50 * MILLISECOND);

        // A millisecond's worth in each cycle of 40 ms; it would read ten in a quarter of it.
        assertThat(read).isBetween(90 * bulk, 110 * bulk);
    }

    @Test
    void regularCommitsThatStayOutCountAsLateBeforeTheyCome() {
        pass(Duration.ofSeconds(2), _ -> MILLISECOND);
        assertThat(way.waited()).isZero();
        long lastCame = now - 5 * MILLISECOND;

        while (!look()) {
            assertThat(now - lastCame).isLessThan(50 * MILLISECOND);
        }
        while (now - lastCame < 10 * SECOND) {
            look();
        }

        // They may as well have ended.
        assertThat(way.waited()).isBetween(Duration.ofMillis(300), Duration.ofMillis(500));
    }

    @Test
    void commitsThatComeNowAndThenAreNotMissed() {
        for (int commit = 0; commit < 100; commit++) {
            way.arrived(now, MILLISECOND, bytes);
            for (int passed = 0; passed < 300; passed++) {
                assertThat(look()).isFalse();
            }
        }
    }

    @Test
    void clocksThatDisagreeByAnHourAreNoDelay() {
        assertThat(pass(Duration.ofSeconds(10), n -> 3_600 * SECOND + n % 5 * MILLISECOND))
                .isZero();
        assertThat(pass(Duration.ofSeconds(4), n -> 3_600 * SECOND + 80 * MILLISECOND))
                .isGreaterThan(Duration.ofSeconds(2));
    }

    @Test
    void waitingThatDoesNotHelpTakesATenthOfTheTimeInTheLongRun() {
        // On time now and then, or the delay would count as that of the way.
        LongUnaryOperator late = n -> n % 2_000 == 0 ? 0 : 200 * MILLISECOND;
        pass(Duration.ofMinutes(1), late);

        Duration waited = pass(Duration.ofMinutes(10), late);

        assertThat(waited).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(61));
    }

    @Test
    void aDelayThatStaysIsThatOfTheWayAfterTwoMinutes() {
        pass(Duration.ofSeconds(1), _ -> MILLISECOND);
        pass(Duration.ofMinutes(3), _ -> 30 * MILLISECOND);
        assertThat(pass(Duration.ofMinutes(1), _ -> 30 * MILLISECOND)).isZero();
    }

    @Test
    void nobodyWaitsForAnExpressTrackThatIsLateByItsOwnFlood() {
        pass(Duration.ofSeconds(1), _ -> MILLISECOND);
        bytes = 100_000;
        assertThat(pass(Duration.ofSeconds(10), _ -> 400 * MILLISECOND))
                .isLessThan(Duration.ofMillis(150));
    }

    @Test
    void oneLateCommitCountsForHalfASecond() {
        way.arrived(now, 0, bytes);
        way.arrived(now, 40 * MILLISECOND, bytes);
        long began = now;
        boolean waits = true;
        while (now - began < 2 * SECOND) {
            long asked = now;
            waits = look();
            if (waits) {
                assertThat(asked - began).isLessThan(SECOND / 2);
            }
        }
        assertThat(waits).isFalse();
        assertThat(way.waited()).isBetween(Duration.ofMillis(350), Duration.ofMillis(400));
    }
}
