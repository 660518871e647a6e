package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.sampling.SampleProfile;
import io.tidetable.node.sampling.Shift;
import io.tidetable.node.sampling.ShiftWatch;
import io.tidetable.node.strategy.Shifts;
import io.tidetable.node.strategy.TableScope;
import io.tidetable.node.strategy.TableStrategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the samples of tables under strategy sampling, on a thread of its own: each window it
 * compares the sample with the baseline, and where the distribution has shifted the table is
 * refreshed as a whole and gets a new baseline.
 */
final class SampleWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SampleWatcher.class);
    private static final Duration ROUND = Duration.ofMillis(200);

    private final DestinationContext context;
    private final DestinationSide side;
    private final Map<TableId, Watched> watched = new HashMap<>();
    private final Object pause = new Object();
    private volatile boolean closed;
    private @Nullable Thread thread;

    SampleWatcher(DestinationContext context, DestinationSide side) {
        this.context = context;
        this.side = side;
    }

    /** The watch of one table since a refresh. */
    private static final class Watched {
        private final Lsn asOf;
        private final ShiftWatch watch;
        private Instant next;
        private long changes;
        private SampleProfile newest;

        Watched(Lsn asOf, ShiftWatch watch, Instant next, SampleProfile newest) {
            this.asOf = asOf;
            this.watch = watch;
            this.next = next;
            this.newest = newest;
            changes = -1;
        }
    }

    void start() {
        thread = Thread.ofPlatform().name("watch-" + context.id()).start(this::run);
    }

    private void run() {
        while (!closed) {
            for (LaneTable table : side.tables()) {
                look(table);
            }
            synchronized (pause) {
                try {
                    if (!closed) {
                        pause.wait(ROUND.toMillis());
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    private void look(LaneTable table) {
        TableStrategy strategy = table.strategy();
        if (!(strategy.current() instanceof Strategy.Sampling sampling)
                || !(strategy.scope() instanceof TableScope.Sampled(var sample))
                || table.state() != TableState.STREAMING) {
            return;
        }
        Lsn asOf = Objects.requireNonNull(strategy.asOf());
        Watched known = watched.get(table.table());
        Instant now = context.steady().instant();
        if (known != null && known.asOf.equals(asOf) && now.isBefore(known.next)) {
            return;
        }
        try (Connection destination = context.connect("tidetable sample")) {
            SampleReader reader = new SampleReader(table.table(), sample);
            if (known == null || !known.asOf.equals(asOf)) {
                watched.put(table.table(), begin(destination, table, sampling, reader, asOf, now));
            } else {
                known.next = now.plus(sampling.window());
                window(destination, table, known, reader);
            }
        } catch (SQLException e) {
            LOG.warn(
                    "TT-541 the sample of {} could not be read: {}", table.table(), e.getMessage());
            if (known != null) {
                known.next = now.plus(sampling.window());
            }
        } catch (RuntimeException e) {
            LOG.error("TT-541 the sample of {} could not be watched", table.table(), e);
        }
    }

    /** The baseline that was noted since the refresh, or the sample as it is. */
    private Watched begin(
            Connection destination,
            LaneTable table,
            Strategy.Sampling sampling,
            SampleReader reader,
            Lsn asOf,
            Instant now)
            throws SQLException {
        TableStrategy noted = context.strategies().of(destination, table.table());
        SampleProfile baseline =
                noted != null && asOf.equals(noted.asOf()) ? noted.baseline() : null;
        if (baseline == null) {
            baseline = reader.read(destination);
            context.strategies().baseline(destination, table.table(), asOf, baseline);
            LOG.info("table {} has a new baseline of its sample", table.table());
        }
        return new Watched(
                asOf,
                new ShiftWatch(baseline, sampling.falseAlarms(), sampling.windowsInARow()),
                now.plus(sampling.window()),
                baseline);
    }

    private void window(Connection destination, LaneTable table, Watched known, SampleReader reader)
            throws SQLException {
        long changes = table.delays().changes();
        if (changes != known.changes) {
            // Without changes the sample is what it was.
            known.newest = reader.read(destination);
            known.changes = changes;
        }
        List<Shift> shifts = known.watch.see(known.newest);
        if (shifts.isEmpty()) {
            return;
        }
        new Shifts(context.pipeline()).record(destination, table.table(), shifts);
        for (Shift shift : shifts) {
            LOG.warn(
                    "table {}: the distribution of {} has shifted ({}): {} = {}, p = {}; it is refreshed",
                    table.table(),
                    shift.column(),
                    shift.histograms().severity(),
                    shift.statistic(),
                    shift.value(),
                    shift.p());
        }
        side.work().refresh(table);
    }

    @Override
    public void close() {
        closed = true;
        synchronized (pause) {
            pause.notifyAll();
        }
        Thread running = thread;
        if (running != null) {
            try {
                running.join(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
