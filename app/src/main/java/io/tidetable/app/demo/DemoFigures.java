package io.tidetable.app.demo;

import io.tidetable.app.terminal.Figures;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What the demo remembers of the statuses it saw: delays of the hot and of the other tables, the
 * largest backlog, changes replicated. A table's delay counts when something new was applied to it
 * since the status before.
 */
final class DemoFigures {
    private final Map<Track, Histogram> delays =
            Map.of(Track.EXPRESS, histogram(), Track.BULK, histogram());
    private final Map<TableId, Long> applied = new HashMap<>();
    private long largestBacklog;
    private @Nullable TableId largestBacklogOf;

    private static Histogram histogram() {
        return new Histogram(Duration.ofHours(1).toNanos() / 1000, 3);
    }

    void note(PipelineStatus status) {
        for (DestinationStatus destination : status.destinations()) {
            destination.tables().forEach(this::note);
        }
    }

    private void note(TableStatus table) {
        Long before = applied.put(table.table(), table.appliedChanges());
        boolean moved = before == null || before != table.appliedChanges();
        Duration delay = table.delay();
        Histogram delaysOfTrack = delays.get(table.track());
        if (moved
                && delay != null
                && delaysOfTrack != null
                && table.state() == TableState.STREAMING) {
            long micros = Math.max(0, delay.toNanos() / 1000);
            delaysOfTrack.recordValue(Math.min(micros, delaysOfTrack.getHighestTrackableValue()));
        }
        if (table.backlogBytes() > largestBacklog) {
            largestBacklog = table.backlogBytes();
            largestBacklogOf = table.table();
        }
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(
                "replicated       %s row changes"
                        .formatted(
                                Figures.count(
                                        applied.values().stream()
                                                .mapToLong(Long::longValue)
                                                .sum())));
        lines.add("hot tables       " + delays(Track.EXPRESS));
        lines.add("other tables     " + delays(Track.BULK));
        lines.add(
                "largest backlog  "
                        + (largestBacklogOf == null
                                ? "none"
                                : Figures.bytes(largestBacklog) + " (" + largestBacklogOf + ")"));
        return lines;
    }

    private String delays(Track track) {
        Histogram histogram = delays.getOrDefault(track, histogram());
        if (histogram.getTotalCount() == 0) {
            return "no delay seen yet";
        }
        return "delay p50 %s, p99 %s, longest %s (%s samples)"
                .formatted(
                        micros(histogram.getValueAtPercentile(50)),
                        micros(histogram.getValueAtPercentile(99)),
                        micros(histogram.getMaxValue()),
                        Figures.count(histogram.getTotalCount()));
    }

    private static String micros(long micros) {
        return Figures.duration(Duration.ofNanos(micros * 1000));
    }
}
