package io.tidetable.control.api;

import io.javalin.http.sse.SseClient;
import io.tidetable.control.api.ControlRepresentation.AuditLine;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.store.AuditEntry;
import java.util.List;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one subscriber has heard of the control plane: each entry of the audit once. Entries are
 * numbered before they are committed, so a lower number may come a little later. Not thread-safe.
 */
final class ControlEvents {
    private static final Logger LOG = LoggerFactory.getLogger(ControlEvents.class);
    private static final long UNKNOWN = -1;
    private static final int REST = 30;
    private static final int LATE = 100;
    private static final int PAGE = 500;

    private final ControlPlane control;
    private final TreeSet<Long> sent = new TreeSet<>();
    private long beginning;
    private long heard = -1;
    private int rounds;

    private ControlEvents(ControlPlane control, long beginning) {
        this.control = control;
        this.beginning = beginning;
    }

    /** From where a subscriber was, or from now on where it was nowhere. */
    static ControlEvents of(ControlPlane control, SseClient subscriber) {
        String last = subscriber.ctx().header("Last-Event-ID");
        return new ControlEvents(
                control,
                last != null && last.matches("\\d{1,18}") ? Long.parseLong(last) : UNKNOWN);
    }

    /** Sends what is new; where the metadata store does not answer, a while later. */
    void send(SseClient subscriber) {
        if (rounds > 0) {
            rounds--;
            return;
        }
        long audited = control.audited();
        if (audited == heard) {
            return;
        }
        try {
            if (beginning == UNKNOWN) {
                beginning = control.store().audit().newest();
            }
            sendNew(subscriber);
            heard = audited;
        } catch (RuntimeException e) {
            LOG.debug("the audit could not be read", e);
            rounds = REST;
        }
    }

    private void sendNew(SseClient subscriber) {
        long above = Math.max(beginning, sent.isEmpty() ? 0 : sent.last() - LATE);
        List<AuditEntry> page;
        do {
            page = control.store().audit().since(above, PAGE);
            for (AuditEntry entry : page) {
                above = entry.number();
                if (sent.add(above)) {
                    subscriber.sendEvent(
                            "control",
                            Json.MAPPER.writeValueAsString(AuditLine.of(entry)),
                            Long.toString(above));
                }
            }
        } while (page.size() == PAGE);
        while (!sent.isEmpty() && sent.first() < sent.last() - LATE) {
            sent.pollFirst();
        }
    }
}
