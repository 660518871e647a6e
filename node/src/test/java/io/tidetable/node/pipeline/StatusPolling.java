package io.tidetable.node.pipeline;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Looks at a pipeline's status all the time, as dashboards do: looking must change nothing. */
final class StatusPolling implements AutoCloseable {
    private final PipelineControl pipeline;
    private final AtomicLong looks = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;
    private volatile @Nullable RuntimeException failure;

    StatusPolling(PipelineControl pipeline) {
        this.pipeline = pipeline;
        thread = Thread.ofPlatform().daemon().name("status-polling").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!closed) {
                pipeline.status();
                looks.incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure = e;
            System.out.println("status failed: " + e);
            e.printStackTrace(System.out);
        }
    }

    /** What looking failed with; empty while it never did. */
    Optional<RuntimeException> failure() {
        return Optional.ofNullable(failure);
    }

    long looks() {
        return looks.get();
    }

    @Override
    public void close() {
        closed = true;
    }
}
