package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A trouble is said when it is new, and each minute as long as it lasts. */
class ReminderTest {
    private Instant now = Instant.EPOCH;
    private final Reminder reminder = new Reminder(() -> now);

    private void pass(Duration time) {
        now = now.plus(time);
    }

    @Test
    void aTroubleThatLastsIsSaidAgainEachMinute() {
        assertThat(reminder.isDue("no answer")).isTrue();
        pass(Duration.ofSeconds(59));
        assertThat(reminder.isDue("no answer")).isFalse();
        assertThat(reminder.isDue("another trouble")).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(reminder.isDue("no answer")).isTrue();
        assertThat(reminder.isDue("no answer")).isFalse();
    }

    @Test
    void aTroubleThatComesBackIsNew() {
        assertThat(reminder.isDue("no answer")).isTrue();
        reminder.over();
        assertThat(reminder.isDue("no answer")).isTrue();
    }
}
