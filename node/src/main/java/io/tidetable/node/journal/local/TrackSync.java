package io.tidetable.node.journal.local;

import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Syncs what was written to a track's log, as much as there is at a time, and then makes it known.
 * One thread for the track, so that the bulk track's syncs do not delay the express track's.
 */
final class TrackSync {
    private final long delayNanos;
    private final Faults faults;
    private final LongConsumer synced;
    private final Consumer<Throwable> failed;
    private final Thread thread;

    private @Nullable SegmentChannel channel;
    private @Nullable SegmentFile file;
    private int length;
    private long end;
    private boolean waiting;
    private boolean stopping;

    TrackSync(
            String name,
            Duration delay,
            Faults faults,
            LongConsumer synced,
            Consumer<Throwable> failed) {
        this.delayNanos = delay.toNanos();
        this.faults = faults;
        this.synced = synced;
        this.failed = failed;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /**
     * A frame was written.
     *
     * @param newEnd the highest commit or position up to there
     */
    synchronized void written(SegmentChannel to, SegmentFile of, int newLength, long newEnd) {
        channel = to;
        file = of;
        length = newLength;
        flush(newEnd);
    }

    /** Everything up to the end stands in the frames. */
    synchronized void flush(long newEnd) {
        end = newEnd;
        if (!waiting) {
            waiting = true;
            notifyAll();
        }
    }

    /** Finishes what waits, then ends the thread. */
    void stop() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            long lastSync = System.nanoTime() - delayNanos;
            while (awaitWork(lastSync)) {
                syncOnce();
                lastSync = System.nanoTime();
            }
        } catch (InterruptedException e) {
            failed.accept(e);
        } catch (IOException | RuntimeException | Error e) {
            failed.accept(e);
        }
    }

    private synchronized boolean awaitWork(long lastSync) throws InterruptedException {
        while (!waiting && !stopping) {
            wait();
        }
        while (!stopping) {
            long left = lastSync + delayNanos - System.nanoTime();
            if (left <= 0) {
                break;
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return waiting;
    }

    private void syncOnce() throws IOException {
        SegmentChannel toSync;
        SegmentFile written;
        int upTo;
        long newEnd;
        synchronized (this) {
            toSync = channel;
            written = file;
            upTo = length;
            newEnd = end;
            waiting = false;
        }
        if (toSync != null && written != null && written.synced() < upTo) {
            toSync.force();
            written.synced(Math.max(written.synced(), upTo));
            faults.reach(FaultPoint.JOURNAL_SYNCED);
        }
        synced.accept(newEnd);
    }
}
