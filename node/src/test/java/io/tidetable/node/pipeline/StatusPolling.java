package io.tidetable.node.pipeline;

import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Looks at a pipeline's status all the time, as dashboards do: looking must change nothing. */
final class StatusPolling implements AutoCloseable {
    private final PipelineControl pipeline;
    private final AtomicLong looks = new AtomicLong();
    private final ScheduledExecutorService executor =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("status-polling").factory());
    private volatile @Nullable RuntimeException failure;
    private @Nullable Future<?> looking;

    StatusPolling(PipelineControl pipeline) {
        this.pipeline = pipeline;
    }

    void start() {
        looking = executor.scheduleWithFixedDelay(this::look, 0, 1, TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            pipeline.status();
            looks.incrementAndGet();
        } catch (RuntimeException e) {
            failure = e;
            System.out.println("status failed: " + e);
            e.printStackTrace(System.out);
            throw e;
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
        if (looking != null) {
            looking.cancel(false);
        }
        executor.shutdown();
    }
}
