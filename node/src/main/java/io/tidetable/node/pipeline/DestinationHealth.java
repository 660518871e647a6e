package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a destination takes what it is given, and how long to leave it alone when it does not.
 * Each kind of work has troubles of its own: that one lane goes on says nothing about another.
 * Thread-safe; says each trouble once, and again each minute.
 */
final class DestinationHealth {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationHealth.class);
    private static final long SHORTEST_MILLIS = 100;
    private static final long LONGEST_MILLIS = 5_000;
    private static final String DISK_FULL = "53100";
    private static final String LOGIN_REFUSED = "28";

    private final DestinationId destination;
    private final RandomGenerator chance;
    private final InstantSource time;
    private final Map<String, Trouble> troubles = new LinkedHashMap<>();
    private final Reminder said;

    /**
     * A destination that is well.
     *
     * @param time never jumps
     */
    DestinationHealth(DestinationId destination, InstantSource time, RandomGenerator chance) {
        this.destination = destination;
        this.time = time;
        this.chance = chance;
        said = new Reminder(time);
    }

    private record Trouble(Instant since, String why) {}

    /**
     * Something worked there.
     *
     * @param work what {@link #failed} was told, if it ever was
     */
    synchronized void succeeded(String work) {
        if (troubles.remove(work) != null && troubles.isEmpty()) {
            said.over();
            LOG.info("destination {} answers again", destination);
        }
    }

    /**
     * Something failed there that may pass. The wait grows with the time for which it has not
     * worked, not with the number of attempts.
     *
     * @param work what was tried: a lane, the copy of a table, the upkeep
     * @param cause what the destination said, where it said something
     * @return milliseconds to wait before the next attempt
     */
    synchronized long failed(String work, String why, @Nullable Throwable cause) {
        Instant now = time.instant();
        Trouble known = troubles.get(work);
        Instant since = known == null ? now : known.since();
        // The newest comes last.
        troubles.remove(work);
        troubles.put(work, new Trouble(since, why));
        say(why, cause);
        long failing = Duration.between(since, now).toMillis();
        long wait = Math.clamp(failing / 2, SHORTEST_MILLIS, LONGEST_MILLIS);
        return wait / 2 + chance.nextLong(wait / 2 + 1);
    }

    private void say(String why, @Nullable Throwable cause) {
        if (!said.isDue(why)) {
            return;
        }
        String state = stateOf(cause);
        if (state.startsWith(LOGIN_REFUSED)) {
            LOG.error(
                    "TT-481 destination {} refuses the login, changes for it wait in the journal; mend its password or role there or here, it is tried again: {}",
                    destination,
                    why);
        } else if (state.equals(DISK_FULL)) {
            LOG.error(
                    "TT-482 the disk of destination {} is full, changes for it wait in the journal; make room there, it is tried again: {}",
                    destination,
                    why);
        } else {
            LOG.warn("destination {}: {}; it is tried again", destination, why);
        }
    }

    private static String stateOf(@Nullable Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof SQLException error && error.getSQLState() != null) {
                return error.getSQLState();
            }
        }
        return "";
    }

    synchronized boolean isWell() {
        return troubles.isEmpty();
    }

    /** The newest of its troubles; null when it is well. */
    synchronized @Nullable String trouble() {
        String newest = null;
        for (Trouble trouble : troubles.values()) {
            newest = trouble.why();
        }
        return newest;
    }
}
