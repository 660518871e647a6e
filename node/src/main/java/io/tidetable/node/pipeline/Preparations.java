package io.tidetable.node.pipeline;

import io.tidetable.model.LaneId;
import io.tidetable.node.apply.PackedBatch;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.lane.Lane;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the changes of a lane's next batch together while the destination is busy with the present
 * one, which would otherwise wait for that and be waited for in turn. Nobody relies on it: what is
 * made ready belongs to one batch of {@link Lane#collect}, and is thrown away where another one
 * comes instead. Thread-safe.
 */
final class Preparations implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Preparations.class);

    /**
     * One batch that is ready, besides those being written, for each so many appliers: that bounds
     * memory.
     */
    private static final int APPLIERS_PER_BATCH = 4;

    /** A lane that does not come for what was made ready has it thrown away when others want to. */
    private static final Duration KEPT = Duration.ofSeconds(10);

    private final Faults faults;
    private final InstantSource steady;
    private final Semaphore room;
    private final ExecutorService threads;
    private final Map<LaneId, Preparation> underway = new ConcurrentHashMap<>();

    private record Preparation(
            Lane.Batch batch,
            FutureTask<@Nullable PackedBatch> task,
            AtomicBoolean givenUp,
            Instant begun) {}

    /**
     * None yet.
     *
     * @param appliers that apply batches at the same time
     */
    Preparations(String name, int appliers, InstantSource steady, Faults faults) {
        this.steady = steady;
        this.faults = faults;
        int most = Math.max(1, appliers / APPLIERS_PER_BATCH);
        room = new Semaphore(most);
        threads =
                Executors.newFixedThreadPool(
                        most,
                        work ->
                                Thread.ofPlatform()
                                        .name("prepare-" + name)
                                        .daemon()
                                        .unstarted(work));
    }

    /**
     * Begins with the batch after the present one, where that is known and there is room.
     *
     * @param present on its way to the destination; whoever calls works on the lane
     */
    void begin(Lane lane, Lane.Batch present, long mostBytes, PackedBatch.Plans plans) {
        if (underway.containsKey(lane.id()) || !takeRoom()) {
            return;
        }
        boolean begun = false;
        try {
            Lane.Batch next = lane.foresee(present, mostBytes);
            if (next == null) {
                return;
            }
            AtomicBoolean givenUp = new AtomicBoolean();
            FutureTask<@Nullable PackedBatch> task =
                    new FutureTask<>(() -> pack(next, plans, givenUp));
            underway.put(lane.id(), new Preparation(next, task, givenUp, steady.instant()));
            begun = true;
            threads.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            // The latter, too, where there can be no thread: nothing relies on this one.
            LOG.debug("nothing is prepared now", e);
            drop(lane.id());
        } finally {
            if (!begun) {
                room.release();
            }
        }
    }

    private @Nullable PackedBatch pack(
            Lane.Batch batch, PackedBatch.Plans plans, AtomicBoolean givenUp) {
        PackedBatch packed = PackedBatch.of(batch.parts(), plans, givenUp::get);
        faults.reach(FaultPoint.BATCH_PREPARED);
        return packed;
    }

    private boolean takeRoom() {
        if (room.tryAcquire()) {
            return true;
        }
        Instant old = steady.instant().minus(KEPT);
        underway.forEach((lane, preparation) -> {
            if (preparation.begun().isBefore(old)) {
                drop(lane, preparation);
            }
        });
        return room.tryAcquire();
    }

    /**
     * What was made ready for the batch, waiting for it where it is being made; null where there is
     * nothing for this very batch.
     */
    @Nullable PackedBatch take(LaneId lane, Lane.Batch batch) throws InterruptedException {
        Preparation found = underway.get(lane);
        if (found == null) {
            return null;
        }
        if (!isFor(found, batch)) {
            drop(lane, found);
            return null;
        }
        try {
            return found.task().get();
        } catch (ExecutionException e) {
            LOG.debug("the batch after lane {}'s present one could not be prepared", lane, e);
            return null;
        } catch (CancellationException e) {
            return null;
        } finally {
            drop(lane, found);
        }
    }

    @SuppressWarnings("ReferenceEquality") // A batch that says the same may be made of other parts.
    private static boolean isFor(Preparation preparation, Lane.Batch batch) {
        return preparation.batch() == batch;
    }

    /** Nothing that was made ready for the lane is of use any more. */
    void drop(LaneId lane) {
        Preparation found = underway.get(lane);
        if (found != null) {
            drop(lane, found);
        }
    }

    private void drop(LaneId lane, Preparation preparation) {
        if (underway.remove(lane, preparation)) {
            preparation.givenUp().set(true);
            preparation.task().cancel(false);
            room.release();
        }
    }

    /** Stops; what is being made is given up. */
    @Override
    public void close() {
        threads.shutdown();
        underway.forEach(this::drop);
        try {
            if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("a batch that was being prepared does not come to an end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
