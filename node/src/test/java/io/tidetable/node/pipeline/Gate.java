package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds threads of a name at a point while it is closed. */
final class Gate implements Faults {
    private static final long LIMIT_SECONDS = 60;

    private final FaultPoint point;
    private final String thread;
    private final CountDownLatch reached = new CountDownLatch(1);
    private boolean closed;

    Gate(FaultPoint point, String thread) {
        this.point = point;
        this.thread = thread;
    }

    @Override
    public void reach(FaultPoint now) {
        if (now != point || !Thread.currentThread().getName().startsWith(thread)) {
            return;
        }
        synchronized (this) {
            if (closed) {
                reached.countDown();
            }
            while (closed) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("the test ends here", e);
                }
            }
        }
    }

    synchronized void close() {
        closed = true;
    }

    synchronized void open() {
        closed = false;
        notifyAll();
    }

    boolean isReached() {
        return reached.getCount() == 0;
    }

    void awaitReached() throws InterruptedException {
        assertThat(reached.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
