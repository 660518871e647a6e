package io.tidetable.control.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.control.classify.Verdict;
import io.tidetable.control.store.Key;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.ReplicationSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HysteresisTest {
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final Key ORDERS =
            new Key(new TableId("public", "orders"), new DestinationId("reporting"));
    private static final Verdict HOT = verdict(10);
    private static final Verdict COLD = verdict(1);

    private final Hysteresis hysteresis = new Hysteresis(new Reclassification(true, INTERVAL, 3));
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");

    private static Verdict verdict(int priority) {
        return new Verdict(
                ReplicationSchema.usual(ORDERS.table(), ORDERS.destination(), Instant.EPOCH)
                        .withPriority(priority),
                Evidence.NONE);
    }

    /** What a look comes to that says this of the table, or nothing else than what counts. */
    private String look(Verdict... said) {
        now = now.plus(INTERVAL);
        Hysteresis.Outcome outcome =
                hysteresis.look(said.length == 0 ? Map.of() : Map.of(ORDERS, said[0]), now);
        return (outcome.announced().isEmpty() ? "" : "announced")
                + (outcome.due().isEmpty() ? "" : "due")
                + (outcome.withdrawn().isEmpty() ? "" : "withdrawn");
    }

    @Test
    void aChangeIsAnnouncedBeforeItIsMade() {
        assertThat(look(HOT)).isEmpty();
        assertThat(look(HOT)).isEqualTo("announced");
        assertThat(look(HOT)).isEqualTo("due");
    }

    @Test
    void whatIsAnnouncedAndNotSoAnyMoreIsWithdrawn() {
        look(HOT);
        assertThat(look(HOT)).isEqualTo("announced");
        assertThat(look()).isEqualTo("withdrawn");
        look(HOT);
        look(HOT);
        assertThat(look(COLD)).isEqualTo("withdrawn");
    }

    @Test
    void looksThatDoNotAgreeChangeNothing() {
        for (int i = 0; i < 100; i++) {
            assertThat(look(i % 2 == 0 ? HOT : COLD)).isEmpty();
        }
    }

    @Test
    void aTableThatWasChangedIsLeftAloneForAWhile() {
        look(HOT);
        look(HOT);
        assertThat(look(HOT)).isEqualTo("due");
        for (int i = 0; i < 9; i++) {
            assertThat(look(COLD)).isEmpty();
        }
        assertThat(look(COLD)).isEmpty();
        assertThat(look(COLD)).isEqualTo("announced");
        assertThat(look(COLD)).isEqualTo("due");
    }

    @Test
    void evenPureChanceChangesATableAtMostOnceInTwelveLooks() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        int changes = 0;
        for (int i = 0; i < 1200; i++) {
            String outcome = random.nextBoolean() ? look(HOT) : look();
            changes += outcome.contains("due") ? 1 : 0;
        }
        assertThat(changes).as("seed %d", seed).isLessThanOrEqualTo(100);
    }
}
