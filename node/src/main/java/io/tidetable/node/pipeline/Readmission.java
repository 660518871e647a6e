package io.tidetable.node.pipeline;

import io.tidetable.model.TidetableException;
import io.tidetable.model.status.TableState;
import io.tidetable.node.capture.Fence;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in tables that could not be created at a destination, once somebody has mended that. Their
 * lanes passed their changes by until then. So the lanes rest before anything else; then everybody
 * has to end who has written to the table by now, for the copy or merge is to see whatever was
 * passed by; only then it begins. So do copies that were stopped before they began. Thread-safe.
 */
final class Readmission implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Readmission.class);

    private final DestinationContext context;
    private final DestinationLanes lanes;
    private final DestinationSetup setup;
    private final TableWork work;
    private final PublicationWatch publications;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private boolean open;

    Readmission(
            DestinationContext context,
            DestinationLanes lanes,
            DestinationSetup setup,
            TableWork work,
            PublicationWatch publications) {
        this.context = context;
        this.lanes = lanes;
        this.setup = setup;
        this.work = work;
        this.publications = publications;
    }

    /** The source publishes all tables by now, and lanes are at work. */
    synchronized void open() {
        open = true;
    }

    /**
     * Creates a table that was set aside; it is copied, or merged, as soon as that may begin. Does
     * nothing where that goes on already.
     *
     * @throws TidetableException why it still cannot be created; it stays set aside then
     */
    synchronized void begin(LaneTable table) throws SQLException {
        requireOpen();
        if (!table.isSetAside() || table.state() != TableState.FAILED) {
            return;
        }
        Stage stage;
        try (Connection source = context.source().connect("tidetable setup");
                Connection destination = context.connect("tidetable setup")) {
            stage = setup.createAgain(source, destination, table);
        } catch (TidetableException e) {
            table.setAside(e.line());
            wake(table);
            throw e;
        }
        // Types may have been made for it that were missing when they were last read.
        context.types().refresh();
        synchronized (table) {
            // From here on its lanes rest.
            if (stage == Stage.WAITING) {
                context.become(table, stage, TableState.WAITING);
            } else {
                context.become(table, Stage.MERGING, TableState.MERGING);
            }
        }
        LOG.info("table {} can be created by now, it is brought from the source", table.table());
        start(table);
    }

    /**
     * Begins the copy of a table that is there and stopped before its copy began. Nothing of it was
     * passed by; yet what stopped it may have been that not all of it was published.
     */
    synchronized void beginCopy(LaneTable table) {
        requireOpen();
        synchronized (table) {
            if (table.state() != TableState.FAILED) {
                return;
            }
            table.become(TableState.WAITING, null);
        }
        LOG.info("the copy of {} is about to begin", table.table());
        start(table);
    }

    private void requireOpen() {
        if (!open) {
            throw new TidetableException(
                    "TT-402", "the pipeline is starting or being stopped; ask again in a moment");
        }
    }

    private void start(LaneTable table) {
        Thread thread =
                Thread.ofVirtual()
                        .name("readmission-" + context.id())
                        .unstarted(() -> bring(table));
        threads.add(thread);
        thread.start();
    }

    private void bring(LaneTable table) {
        try {
            awaitReady(table);
            if (isOnItsWay(table)) {
                work.takeIn(table);
            } else {
                stop(table, String.valueOf(table.message()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            String why =
                    e instanceof TidetableException known
                            ? known.line()
                            : "TT-495 its copy could not begin: " + e.getMessage();
            LOG.error("table {} stopped: {}", table.table(), why, e);
            stop(table, why);
        } finally {
            threads.remove(Thread.currentThread());
        }
    }

    private void stop(LaneTable table, String why) {
        if (table.isSetAside()) {
            table.setAside(why);
        } else {
            table.become(TableState.FAILED, why);
        }
        wake(table);
    }

    private static boolean isOnItsWay(LaneTable table) {
        return switch (table.state()) {
            case WAITING, MERGING -> true;
            case COPYING, CATCHING_UP, STREAMING, PAUSED, FAILED -> false;
        };
    }

    private void wake(LaneTable table) {
        lanes.of(table.table()).forEach(lanes::wake);
    }

    private void awaitReady(LaneTable table) throws InterruptedException {
        Reminder reminder = new Reminder(context.steady());
        awaitRest(table);
        while (isOnItsWay(table)) {
            try {
                if (table.state() == TableState.WAITING) {
                    // A merge sees to that itself.
                    context.pushDown().carryWhole(List.of(table.table()));
                }
                awaitWriters(table);
                return;
            } catch (SQLException e) {
                String why = String.valueOf(e.getMessage());
                if (reminder.isDue(why)) {
                    LOG.warn(
                            "TT-240 the copy of {} cannot begin yet: {}; it is tried again",
                            table.table(),
                            why);
                }
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }

    /** Whatever was taken before the lanes had to rest passes the table by as a whole. */
    private void awaitRest(LaneTable table) {
        for (Lane lane : lanes.of(table.table())) {
            lane.lock();
            lane.unlock();
        }
    }

    private void awaitWriters(LaneTable table) throws SQLException, InterruptedException {
        try (Connection source = context.source().connect("tidetable fence");
                Connection destination = context.connect("tidetable setup")) {
            publications.begin(source, destination, List.of(table));
            new Fence(
                            Duration.ofMillis(20),
                            Duration.ofSeconds(5),
                            waiting ->
                                    LOG.info(
                                            "the copy of {} waits for transactions that were open before: {}",
                                            table.table(),
                                            waiting.blockers()))
                    .awaitTables(source, List.of(table.table()));
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            open = false;
        }
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
