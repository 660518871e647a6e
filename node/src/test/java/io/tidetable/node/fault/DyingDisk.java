package io.tidetable.node.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A disk whose syncs of journals do not come back from some time on, and fail in the end. */
public final class DyingDisk implements Faults {
    private static final long LIMIT_SECONDS = 60;

    private final CountDownLatch held;
    private final CountDownLatch dead = new CountDownLatch(1);
    private volatile boolean holding;

    /** One on which so many journals are synced. */
    public DyingDisk(int journals) {
        held = new CountDownLatch(journals);
    }

    @Override
    public void reach(FaultPoint point) {
        if (point == FaultPoint.JOURNAL_SYNCED && holding) {
            held.countDown();
            try {
                dead.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new UncheckedIOException(new IOException("the disk is gone"));
        }
    }

    /** From now on no sync comes back. */
    public void hold() {
        holding = true;
    }

    /** Waits until all journals are in a sync; false when that took too long. */
    public boolean awaitHeld() throws InterruptedException {
        return held.await(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** The syncs fail. */
    public void die() {
        dead.countDown();
    }
}
