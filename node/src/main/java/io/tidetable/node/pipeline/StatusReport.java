package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TrackStatus;
import io.tidetable.node.capture.CaptureState;
import io.tidetable.node.capture.CaptureStatus;
import io.tidetable.node.capture.TrackCapture;
import io.tidetable.node.copy.CopyEstimate;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts together what a pipeline says about itself. Asks no server anything. */
final class StatusReport {
    private final PipelineSettings settings;
    private final SourceSide source;
    private final Journal journal;
    private final Collection<DestinationSide> destinations;
    private final InstantSource clock;

    StatusReport(
            PipelineSettings settings,
            SourceSide source,
            Journal journal,
            Collection<DestinationSide> destinations,
            InstantSource clock) {
        this.settings = settings;
        this.source = source;
        this.journal = journal;
        this.destinations = destinations;
        this.clock = clock;
    }

    /**
     * The state of now.
     *
     * @param sound whether nothing has stopped the pipeline as a whole
     */
    PipelineStatus make(boolean sound) {
        Instant now = clock.instant();
        List<TrackStatus> tracks = new ArrayList<>();
        boolean streaming = true;
        for (Map.Entry<Track, TrackCapture> entry : source.captures().entrySet()) {
            CaptureStatus status = entry.getValue().status();
            streaming &= status.state() == CaptureState.STREAMING;
            tracks.add(track(entry.getKey(), status));
        }
        List<DestinationStatus> reached = new ArrayList<>();
        for (DestinationSide destination : destinations) {
            streaming &= destination.context().health().isWell();
            reached.add(destination(destination));
        }
        return new PipelineStatus(settings.name(), now, sound && streaming, tracks, reached);
    }

    private TrackStatus track(Track track, CaptureStatus status) {
        return new TrackStatus(
                track,
                status.state().words(),
                status.received(),
                status.acknowledged(),
                source.heldBackBytes(track),
                journal.bytesOnDisk(track),
                source.heartbeat().flatMap(it -> it.delay(track)).orElse(null),
                source.gaveWay(track),
                status.message());
    }

    private static DestinationStatus destination(DestinationSide side) {
        Instant now = side.context().steady().instant();
        List<TableStatus> tables = new ArrayList<>();
        Set<Lane> counted = new HashSet<>();
        for (LaneTable table : side.tables()) {
            tables.add(table(side, table, counted, now));
        }
        return new DestinationStatus(
                side.context().id(),
                side.context().health().isWell(),
                side.dispatcher().busy(),
                side.slots(),
                tables,
                side.context().health().trouble());
    }

    /** The backlog of a lane is shown with the first of its tables. */
    private static TableStatus table(
            DestinationSide side, LaneTable table, Set<Lane> counted, Instant now) {
        List<Lane> lanes = side.lanes().of(table.table());
        long backlog = 0;
        for (Lane lane : lanes) {
            if (counted.add(lane)) {
                backlog += lane.backlogBytes();
            }
        }
        CopyEstimate copy = estimate(side, table.table());
        return new TableStatus(
                table.table(),
                lanes.getFirst().id(),
                table.track(),
                table.consistency(),
                table.state(),
                copy == null ? 0 : copy.copiedRows(),
                copy == null ? 0 : copy.copiedBytes(),
                copy == null ? 0 : copy.totalRows(),
                copy == null ? 0 : copy.totalBytes(),
                table.delays().changes(),
                table.delays().changesPerSecond(now),
                table.delays().newest(),
                table.delays().percentile(99, now),
                backlog,
                lanes.stream().map(Lane::completeUpTo).reduce(Lsn::min).orElse(Lsn.ZERO),
                table.quarantined(),
                StrategyReport.of(table, side.context().pushDown()),
                null,
                table.moveText(),
                message(side, table));
    }

    /** A table of which not everything is carried says how fresh it is. */
    private static @Nullable String message(DestinationSide side, LaneTable table) {
        return table.message() != null || table.scope().isEverything()
                ? table.message()
                : StrategyReport.of(table, side.context().pushDown()).freshness();
    }

    private static @Nullable CopyEstimate estimate(DestinationSide side, TableId table) {
        CopyJob copy = side.work().copyOf(table);
        return copy == null ? null : copy.estimate();
    }
}
