package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.tracks.TrackPolicy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows the policy what each table's track receives, and has moved what it decides. */
final class TrackWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrackWatch.class);
    private static final Duration INTERVAL = Duration.ofMillis(250);

    private final SourceSide source;
    private final TrackMover mover;
    private final TrackUnits units;
    private final TrackPolicy policy;
    private final InstantSource clock;
    private final Thread thread;
    private final Map<TableId, Received> received = new HashMap<>();

    /**
     * What came of a table, over the track that it rode on at the time: another may carry it too.
     */
    private static final class Received {
        final Map<Track, long[]> last = new EnumMap<>(Track.class);
        long changes;
        long bytes;

        void more(Track track, long changesNow, long bytesNow, boolean counts) {
            long[] before = last.computeIfAbsent(track, _ -> new long[2]);
            if (counts) {
                changes += changesNow - before[0];
                bytes += bytesNow - before[1];
            }
            before[0] = changesNow;
            before[1] = bytesNow;
        }
    }

    /** A watch; nothing happens before {@link #start}. */
    TrackWatch(
            SourceSide source,
            TrackMover mover,
            TrackUnits units,
            TrackPolicy.Limits limits,
            InstantSource clock) {
        this.source = source;
        this.mover = mover;
        this.units = units;
        this.policy = new TrackPolicy(limits);
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("track-watch").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.sleep(INTERVAL);
                lookSafely();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookSafely() {
        try {
            look();
        } catch (RuntimeException e) {
            LOG.error("TT-493 the look at the tracks failed unexpectedly", e);
        }
    }

    private void look() {
        Map<String, TrackUnit> byName = new HashMap<>();
        units.all().forEach(unit -> byName.put(unit.name(), unit));
        for (TrackPolicy.Decision decision : policy.decide(seen(), clock.instant())) {
            TrackUnit unit = Objects.requireNonNull(byName.get(decision.name()));
            try {
                mover.move(unit.tables().iterator().next(), decision.to(), decision.reason());
            } catch (TidetableException e) {
                LOG.warn("{} stays on its track: {}", decision.name(), e.line());
            }
        }
    }

    private List<TrackPolicy.Seen> seen() {
        Map<TableId, Track> rides = mover.tracks();
        Set<TrackUnit> homeward = new HashSet<>();
        for (TrackUnit unit : units.all()) {
            // Express carries it already, and lanes may read it there.
            if (unit.home() == Track.EXPRESS && mover.mayStay(unit)) {
                homeward.add(unit);
                unit.tables().forEach(table -> rides.put(table, Track.EXPRESS));
            }
        }
        source.captures()
                .forEach((track, capture) ->
                        capture.traffic()
                                .forEach((table, count) -> {
                                    Received sums =
                                            received.computeIfAbsent(table, _ -> new Received());
                                    sums.more(
                                            track,
                                            count.changes(),
                                            count.bytes(),
                                            rides.get(table) == track);
                                }));
        List<TrackPolicy.Seen> seen = new ArrayList<>();
        for (TrackUnit unit : units.all()) {
            long changes = 0;
            long bytes = 0;
            boolean onExpress = false;
            for (TableId table : unit.tables()) {
                onExpress |= rides.get(table) == Track.EXPRESS;
                Received sums = received.get(table);
                if (sums != null) {
                    changes += sums.changes;
                    bytes += sums.bytes;
                }
            }
            seen.add(
                    new TrackPolicy.Seen(
                            unit.name(),
                            unit.home(),
                            onExpress ? Track.EXPRESS : Track.BULK,
                            unit.isFree() && (homeward.contains(unit) || !mover.isMoving(unit)),
                            mover.keepsUp(unit),
                            changes,
                            bytes));
        }
        return seen;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
