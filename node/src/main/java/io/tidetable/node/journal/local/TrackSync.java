package io.tidetable.node.journal.local;

import io.tidetable.model.TableId;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Syncs what was written to a track's log, as much as there is at a time, and then makes it known.
 * One thread for the track, so that the bulk track's syncs do not delay the express track's.
 */
final class TrackSync {
    /** Hears what is synced. */
    @FunctionalInterface
    interface Listener {
        /**
         * Everything written before is synced.
         *
         * @param end the highest commit or position in it
         * @param position up to which everything was received, not below the end
         */
        void synced(long end, long position, Set<TableId> tables);
    }

    private final long delayNanos;
    private final Faults faults;
    private final Listener listener;
    private final Consumer<Throwable> failed;
    private final Thread thread;

    private @Nullable SegmentChannel channel;
    private @Nullable SegmentFile file;
    private int length;
    private long end;
    private long position;
    private Set<TableId> tables = new HashSet<>();
    private boolean waiting;
    private boolean urgent;
    private boolean stopping;

    TrackSync(
            String name,
            Duration delay,
            Faults faults,
            Listener listener,
            Consumer<Throwable> failed) {
        this.delayNanos = delay.toNanos();
        this.faults = faults;
        this.listener = listener;
        this.failed = failed;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** A frame was written; it is synced after the usual delay. */
    synchronized void written(
            SegmentChannel to,
            SegmentFile of,
            int newLength,
            long newEnd,
            Collection<TableIndex> touched) {
        channel = to;
        file = of;
        length = newLength;
        end = newEnd;
        for (TableIndex table : touched) {
            tables.add(table.id());
        }
        if (!waiting) {
            waiting = true;
            notifyAll();
        }
    }

    /** Nothing more comes for now: syncs without delay, then makes the position known. */
    synchronized void flush(long newEnd, long newPosition, List<TableIndex> touched) {
        end = newEnd;
        position = newPosition;
        for (TableIndex table : touched) {
            tables.add(table.id());
        }
        waiting = true;
        urgent = true;
        notifyAll();
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
        } catch (IOException | RuntimeException e) {
            failed.accept(e);
        }
    }

    private synchronized boolean awaitWork(long lastSync) throws InterruptedException {
        while (!waiting && !stopping) {
            wait();
        }
        while (!urgent && !stopping) {
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
        long newPosition;
        Set<TableId> touched;
        synchronized (this) {
            toSync = channel;
            written = file;
            upTo = length;
            newEnd = end;
            newPosition = position;
            touched = tables;
            tables = new HashSet<>();
            waiting = false;
            urgent = false;
        }
        if (toSync != null && written != null && written.synced() < upTo) {
            toSync.force();
            written.synced(Math.max(written.synced(), upTo));
            faults.reach(FaultPoint.JOURNAL_SYNCED);
        }
        listener.synced(newEnd, newPosition, touched);
    }
}
