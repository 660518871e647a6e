package io.tidetable.node.capture;

import io.tidetable.model.Track;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once that a track's connection is lost, again for each further reason and each minute, and
 * once that it is back.
 */
final class ConnectionTrouble {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionTrouble.class);
    private static final long SAY_AGAIN_NANOS = Duration.ofMinutes(1).toNanos();

    private final Track track;
    private final Set<String> said = new HashSet<>();
    private long since;
    private long saidAt;
    private int failures;

    ConnectionTrouble(Track track) {
        this.track = track;
    }

    /**
     * An attempt failed, or a connection broke.
     *
     * @param code SQLSTATE or our own code
     */
    void failed(String code, String reason) {
        long now = System.nanoTime();
        failures++;
        if (failures == 1) {
            since = now;
        }
        boolean another = said.add(code);
        if (!another && now - saidAt < SAY_AGAIN_NANOS) {
            return;
        }
        saidAt = now;
        if (code.startsWith("28")) {
            LOG.error(
                    "TT-229 the source refuses the login of track {}, its log grows until it is let in again; retrying: attempts={} code={} reason={}",
                    track.label(),
                    failures,
                    code,
                    reason);
        } else {
            LOG.warn(
                    "source connection lost, retrying: track={} attempts={} code={} reason={}",
                    track.label(),
                    failures,
                    code,
                    reason);
        }
    }

    /** Messages come again. */
    void over() {
        if (failures > 0) {
            LOG.info(
                    "source connection is back: track={} after={}ms attempts={}",
                    track.label(),
                    (System.nanoTime() - since) / 1_000_000,
                    failures);
            failures = 0;
            said.clear();
        }
    }
}
