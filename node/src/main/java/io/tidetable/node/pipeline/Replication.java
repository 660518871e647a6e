package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchemas;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.model.status.StrategyStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.model.status.TrackStatus;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.FunctionDeclaration;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pipeline that is kept going. Where one of its tracks ends for good, the pipeline is closed and
 * begun anew in this process, just as a start by hand would: that start finds out what was lost and
 * has it compared and mended, where the settings allow it. What only people can decide stops it.
 */
public final class Replication implements PipelineControl, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Replication.class);
    private static final long LOOK_MILLIS = 100;
    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);
    private static final Duration SLICE = Duration.ofSeconds(1);
    private static final long POLL_MILLIS = 20;
    private static final Duration TELL_AGAIN = Duration.ofSeconds(1);

    private final PipelineSettings settings;
    private final ReplicationSchemas schemas;
    private final Faults faults;
    private final InstantSource clock;
    private final Set<Thread> verifying = ConcurrentHashMap.newKeySet();
    private final Object telling = new Object();
    private final Map<Carried, SchemaOverride.InForce> followed = new HashMap<>();
    private final Set<Carried> untold = new LinkedHashSet<>();
    private final Thread watch;
    private volatile Pipeline current;
    private volatile @Nullable Interlude interlude;
    private volatile @Nullable TidetableException failure;
    private volatile List<FunctionDeclaration> functionsBesides = List.of();
    private volatile boolean closed;
    private long toldAt = System.nanoTime();

    /** Replication whose settings alone say how tables are replicated. */
    public Replication(PipelineSettings settings, Faults faults, InstantSource clock) {
        this(settings, new RuleSchemas(settings.tables(), clock), faults, clock);
    }

    /**
     * Replication; nothing happens before {@link #start}.
     *
     * @param schemas how tables are replicated; the settings only say which
     * @param clock tells delays, never how long something is waited for
     */
    public Replication(
            PipelineSettings settings,
            ReplicationSchemas schemas,
            Faults faults,
            InstantSource clock) {
        this.settings = settings;
        this.schemas = schemas;
        this.faults = faults;
        this.clock = clock;
        current = new Pipeline(settings, schemas, faults, clock);
        watch = Thread.ofPlatform().name("pipeline-watch").unstarted(this::watch);
    }

    private record Carried(DestinationId destination, TableId table) {}

    /**
     * The time between the end of a pipeline and the beginning of its successor.
     *
     * @param last what the ended one said about itself
     */
    private record Interlude(PipelineStatus last, String reason) {
        /** The last known state, with the reason why nothing moves. */
        PipelineStatus status(InstantSource clock) {
            return new PipelineStatus(
                    last.pipeline(),
                    clock.instant(),
                    false,
                    last.tracks().stream().map(this::resting).toList(),
                    last.destinations().stream().map(this::resting).toList());
        }

        private TrackStatus resting(TrackStatus track) {
            return new TrackStatus(
                    track.track(),
                    "beginning anew",
                    track.received(),
                    track.acknowledged(),
                    track.heldBackBytes(),
                    track.journalBytes(),
                    track.heartbeatDelay(),
                    track.gaveWay(),
                    reason);
        }

        private DestinationStatus resting(DestinationStatus destination) {
            return new DestinationStatus(
                    destination.id(),
                    destination.connected(),
                    0,
                    destination.slots(),
                    destination.tables(),
                    destination.message());
        }
    }

    /**
     * Begins to replicate.
     *
     * @throws TidetableException when it cannot begin; {@link #close} is to be called all the same
     */
    public void start() {
        current.start();
        watch.start();
    }

    private void watch() {
        while (!closed && failure == null) {
            Optional<TidetableException> why = current.failure();
            if (why.isEmpty()) {
                tellAgain();
                pause(LOOK_MILLIS);
            } else if (Remedy.of(why.get(), settings.lostChanges()) == Remedy.BEGIN_ANEW) {
                try {
                    beginAnew(why.get());
                } catch (RuntimeException e) {
                    LOG.error("TT-391 the pipeline could not be begun anew, it is tried again", e);
                    pause(SHORTEST_WAIT.toMillis());
                }
            } else {
                failure = Remedy.explained(why.get(), settings.lostChanges());
                LOG.error("{}", failure.line());
            }
        }
    }

    private void beginAnew(TidetableException why) {
        LOG.warn(
                "TT-280 pipeline {} is begun anew by itself, all tables rest for a moment meanwhile; what ended it: {}",
                settings.name(),
                why.line());
        Pipeline next = successor();
        renewSlots(next);
        interlude = new Interlude(current.status(), why.line());
        if (!end(current)) {
            return;
        }
        Duration wait = SHORTEST_WAIT;
        while (!closed) {
            try {
                start(next);
                synchronized (this) {
                    next.functions(functionsBesides);
                    current = next;
                    interlude = null;
                }
                synchronized (telling) {
                    untold.addAll(followed.keySet());
                }
                LOG.info("pipeline {} goes on", settings.name());
                return;
            } catch (TidetableException e) {
                if (!end(next)) {
                    return;
                }
                if (Remedy.of(e, settings.lostChanges()) != Remedy.BEGIN_ANEW) {
                    failure = Remedy.explained(e, settings.lostChanges());
                    LOG.error("{}", failure.line());
                    return;
                }
                interlude = new Interlude(interlude().last(), e.line());
                LOG.error(
                        "TT-280 pipeline {} cannot begin anew yet, next attempt in {} s: {}",
                        settings.name(),
                        wait.toSeconds(),
                        e.line());
                pause(wait.toMillis());
                next = successor();
                wait = wait.multipliedBy(2);
                wait = wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
            }
        }
    }

    /** A table that was held may have been merged, and then goes on, by the new beginning. */
    private void tellAgain() {
        synchronized (telling) {
            if (untold.isEmpty() || System.nanoTime() - toldAt < TELL_AGAIN.toNanos()) {
                return;
            }
            toldAt = System.nanoTime();
            for (Carried carried : List.copyOf(untold)) {
                SchemaOverride.InForce latest = followed.get(carried);
                try {
                    if (latest != null) {
                        current.follow(latest);
                    }
                    untold.remove(carried);
                } catch (TidetableException e) {
                    LOG.debug("{} is told again: {}", carried.table(), e.line());
                } catch (RuntimeException e) {
                    LOG.error("{} could not be told what counts for it", carried.table(), e);
                    untold.remove(carried);
                }
            }
        }
    }

    /** Whatever a start fails with, it is tried again. */
    private static void start(Pipeline next) {
        try {
            next.start();
        } catch (TidetableException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            LOG.error("a new beginning failed unexpectedly", e);
            throw new TidetableException(
                    "TT-390", "the pipeline could not begin: " + e.getMessage(), e);
        }
    }

    private Pipeline successor() {
        Pipeline next = new Pipeline(settings, schemas, faults, clock);
        next.functions(functionsBesides);
        return next;
    }

    private void renewSlots(Pipeline next) {
        try {
            current.renewSlots(next);
        } catch (InterruptedException e) {
            // Only close() does that.
            closed = true;
        }
    }

    private Interlude interlude() {
        Interlude now = interlude;
        if (now == null) {
            throw new IllegalStateException("the pipeline runs");
        }
        return now;
    }

    /** Closes a pipeline; false where that failed in a way that forbids to begin another. */
    private boolean end(Pipeline ended) {
        verifying.forEach(Thread::interrupt);
        try {
            ended.close();
            return true;
        } catch (TidetableException e) {
            if (Remedy.of(e, settings.lostChanges()) == Remedy.BEGIN_ANEW) {
                LOG.debug("closing what failed failed too", e);
                return true;
            }
            failure = e;
            LOG.error("{}", e.line());
            return false;
        } catch (RuntimeException | Error e) {
            LOG.error("a pipeline that had failed did not close as it should", e);
            return true;
        }
    }

    private void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            // Only close() does that.
            closed = true;
        }
    }

    /** What ended it for good; empty while it runs or is begun anew. */
    public Optional<TidetableException> failure() {
        return Optional.ofNullable(failure);
    }

    /** The running pipeline. */
    private synchronized Pipeline running() {
        refuseFailure();
        Interlude now = interlude;
        if (now != null) {
            throw new TidetableException(
                    "TT-281",
                    "the pipeline is being begun anew after %s; ask again in a moment"
                            .formatted(now.reason()));
        }
        return current;
    }

    private void refuseFailure() {
        TidetableException why = failure;
        if (why != null) {
            throw why;
        }
    }

    @Override
    public PipelineStatus status() {
        Pipeline now;
        synchronized (this) {
            Interlude resting = interlude;
            if (resting != null) {
                return resting.status(clock);
            }
            now = current;
        }
        return now.status();
    }

    @Override
    public boolean hasStarted() {
        return interlude != null || current.hasStarted();
    }

    @Override
    public Lsn sourcePosition() {
        return current.sourcePosition();
    }

    @Override
    public boolean awaitComplete(
            DestinationId destination, Set<TableId> tables, Lsn position, Duration limit)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            refuseFailure();
            Pipeline asked = current;
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            if (interlude == null) {
                try {
                    Duration slice = left.compareTo(SLICE) < 0 ? left : SLICE;
                    if (asked.awaitComplete(destination, tables, position, slice)) {
                        return true;
                    }
                } catch (TidetableException e) {
                    if (asked.failure().isEmpty()) {
                        throw e;
                    }
                }
            }
            if (left.isZero()) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    @Override
    public List<TableVerification> verify(
            DestinationId destination,
            Set<TableId> tables,
            boolean repair,
            Consumer<TableVerification> each)
            throws InterruptedException {
        Pipeline asked = running();
        verifying.add(Thread.currentThread());
        try {
            return asked.verify(destination, tables, repair, each);
        } catch (InterruptedException e) {
            if (asked.failure().isEmpty()) {
                throw e;
            }
            throw new TidetableException(
                    "TT-281", "the pipeline was begun anew meanwhile; verify again in a moment", e);
        } finally {
            verifying.remove(Thread.currentThread());
        }
    }

    @Override
    public void pause(DestinationId destination, TableId table) {
        running().pause(destination, table);
    }

    @Override
    public void resume(DestinationId destination, TableId table) {
        running().resume(destination, table);
    }

    @Override
    public void switchStrategy(DestinationId destination, TableId table, Strategy strategy) {
        running().switchStrategy(destination, table, strategy);
    }

    @Override
    public StrategyStatus strategy(DestinationId destination, TableId table) {
        return running().strategy(destination, table);
    }

    @Override
    public void resync(DestinationId destination, TableId table) {
        running().resync(destination, table);
    }

    @Override
    public void follow(SchemaOverride.InForce now) {
        synchronized (telling) {
            followed.put(new Carried(now.schema().destination(), now.schema().table()), now);
            running().follow(now);
        }
    }

    @Override
    public List<QuarantinedChange> quarantined(
            DestinationId destination, TableId table, int limit) {
        return running().quarantined(destination, table, limit);
    }

    @Override
    public RetriedChanges retryQuarantined(DestinationId destination, TableId table, String chain) {
        return running().retryQuarantined(destination, table, chain);
    }

    @Override
    public long discardQuarantined(DestinationId destination, TableId table, String chain) {
        return running().discardQuarantined(destination, table, chain);
    }

    @Override
    public CopyManifest manifest(DestinationId destination, TableId table) {
        return running().manifest(destination, table);
    }

    @Override
    public List<CopyProgress> manifests(DestinationId destination) {
        return running().manifests(destination);
    }

    @Override
    public synchronized void functions(List<FunctionDeclaration> besides) {
        functionsBesides = List.copyOf(besides);
        current.functions(besides);
    }

    @Override
    public void checkFunction(FunctionDeclaration function) {
        running().checkFunction(function);
    }

    @Override
    public void move(TableId table, Track track) {
        running().move(table, track);
    }

    /** Carries sequences over for the last time before users move to the destination. */
    public void carrySequences() throws SQLException {
        running().carrySequences();
    }

    /** Stops everything, in order; the next start goes on from there. */
    @Override
    public void close() {
        closed = true;
        watch.interrupt();
        try {
            watch.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        current.close();
    }
}
