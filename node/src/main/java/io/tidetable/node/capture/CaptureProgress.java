package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What a track's capture has done so far: written by its thread, read by any. */
final class CaptureProgress {
    private final InstantSource clock;
    private final TableTraffic traffic = new TableTraffic();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong connections = new AtomicLong();
    private volatile CaptureState state = CaptureState.NEW;
    private volatile @Nullable String message;
    private volatile Lsn received = Lsn.ZERO;
    private volatile Lsn acknowledged = Lsn.ZERO;
    private volatile @Nullable Instant lastMessage;

    CaptureProgress(InstantSource clock) {
        this.clock = clock;
    }

    TableTraffic traffic() {
        return traffic;
    }

    CaptureState state() {
        return state;
    }

    void state(CaptureState now, @Nullable String reason) {
        message = reason;
        state = now;
    }

    void message(@Nullable String sentence) {
        message = sentence;
    }

    void connected() {
        connections.incrementAndGet();
    }

    void read(long moreChanges, long moreBytes, Lsn position) {
        changes.addAndGet(moreChanges);
        bytes.addAndGet(moreBytes);
        received = Lsn.max(received, position);
        if (moreBytes > 0) {
            lastMessage = clock.instant();
        }
    }

    void acknowledged(Lsn position) {
        acknowledged = Lsn.max(acknowledged, position);
    }

    CaptureStatus status() {
        return new CaptureStatus(
                state,
                received,
                acknowledged,
                lastMessage,
                Math.max(0, connections.get() - 1),
                changes.get(),
                bytes.get(),
                message);
    }
}
