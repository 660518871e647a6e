package io.tidetable.app.terminal;

import io.tidetable.model.schema.Classification;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TrackStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A pipeline's status as lines of text. */
public final class StatusText {
    private StatusText() {}

    /** Everything: the pipeline, its tracks, its destinations and their tables. */
    public static List<String> whole(PipelineStatus status) {
        List<String> lines = new ArrayList<>(summary(status));
        for (DestinationStatus destination : status.destinations()) {
            lines.add("");
            if (status.destinations().size() > 1) {
                lines.add("to " + destination.id());
            }
            lines.addAll(tables(destination));
        }
        return lines;
    }

    /** The pipeline, its tracks and its destinations, without tables. */
    public static List<String> summary(PipelineStatus status) {
        List<String> lines = new ArrayList<>();
        lines.add(
                "pipeline %s: %s"
                        .formatted(status.pipeline(), status.ready() ? "ready" : "not ready"));
        status.tracks().forEach(track -> lines.add("  " + track(track)));
        status.destinations().forEach(destination -> lines.add("  " + destination(destination)));
        return lines;
    }

    private static String track(TrackStatus track) {
        return "track %s: %s at %s, %s held back at the source, journal %s, heartbeat %s%s"
                .formatted(
                        track.track().label(),
                        track.state(),
                        track.received(),
                        Figures.bytes(track.heldBackBytes()),
                        Figures.bytes(track.journalBytes()),
                        Figures.duration(track.heartbeatDelay()),
                        track.message() == null ? "" : ": " + track.message());
    }

    private static String destination(DestinationStatus destination) {
        return "destination %s: %s, %d of %d appliers busy, %d tables%s"
                .formatted(
                        destination.id(),
                        destination.connected() ? "connected" : "out of reach",
                        destination.busySlots(),
                        destination.slots(),
                        destination.tables().size(),
                        destination.message() == null ? "" : ": " + destination.message());
    }

    /** The tables of a destination, and what is to be known about any of them. */
    public static List<String> tables(DestinationStatus destination) {
        TextTable text =
                new TextTable()
                        .left("table")
                        .left("state")
                        .left("class")
                        .left("strategy")
                        .right("rows copied")
                        .right("changes")
                        .right("rate")
                        .right("delay")
                        .right("p99")
                        .right("backlog")
                        .left("track")
                        .left("lane");
        for (TableStatus table : destination.tables()) {
            text.row(
                    table.table().toString(),
                    state(table),
                    classOf(table),
                    table.strategy().strategy().label(),
                    Figures.count(table.copiedRows()),
                    Figures.count(table.appliedChanges()),
                    Figures.rate(table.changesPerSecond()),
                    Figures.duration(table.delay()),
                    Figures.duration(table.delayP99()),
                    Figures.bytes(table.backlogBytes()),
                    table.track().label(),
                    table.lane().name());
        }
        List<String> lines = new ArrayList<>(text.lines());
        for (TableStatus table : destination.tables()) {
            if (table.move() != null) {
                lines.add("%s moves %s".formatted(table.table(), table.move()));
            }
            if (table.message() != null) {
                lines.add("%s: %s".formatted(table.table(), table.message()));
            }
            if (table.quarantined() > 0) {
                lines.add(
                        "%s: %s changes set aside in tidetable.quarantine at the destination"
                                .formatted(table.table(), Figures.count(table.quarantined())));
            }
        }
        return lines;
    }

    /** One table at one destination, a fact a line. */
    public static List<String> one(DestinationStatus destination, TableStatus table) {
        List<String> lines = new ArrayList<>();
        lines.add("%s at %s".formatted(table.table(), destination.id()));
        lines.add("  state          " + state(table));
        Classification as = table.classification();
        if (as != null) {
            lines.add("  class          " + as);
        }
        lines.add("  strategy       " + table.strategy().strategy().describe());
        lines.add("  rows there     " + table.strategy().freshness());
        lines.add(
                "  copied         %s of about %s rows, %s"
                        .formatted(
                                Figures.count(table.copiedRows()),
                                Figures.count(Math.max(table.copiedRows(), table.estimatedRows())),
                                Figures.bytes(table.copiedBytes())));
        lines.add(
                "  changes        %s applied, %s now"
                        .formatted(
                                Figures.count(table.appliedChanges()),
                                Figures.rate(table.changesPerSecond())));
        lines.add(
                "  delay          %s now, %s for 99 of 100"
                        .formatted(
                                Figures.duration(table.delay()),
                                Figures.duration(table.delayP99())));
        lines.add("  backlog        " + Figures.bytes(table.backlogBytes()));
        lines.add("  complete up to " + table.completeUpTo());
        lines.add("  track          " + table.track().label());
        if (table.move() != null) {
            lines.add("  moves          " + table.move());
        }
        lines.add(
                "  lane           %s (consistency %s)"
                        .formatted(table.lane(), table.consistency().label()));
        lines.add("  quarantined    " + Figures.count(table.quarantined()));
        if (table.message() != null) {
            lines.add("  note           " + table.message());
        }
        return lines;
    }

    /** {@code hot/low}: how much it is read, and how fast it changes. */
    private static String classOf(TableStatus table) {
        Classification as = table.classification();
        return as == null ? "-" : as.temperature().label() + "/" + as.changeFrequency().label();
    }

    /** The state in words, with the share copied while a copy runs. */
    public static String state(TableStatus table) {
        String word = table.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return table.state() == TableState.COPYING && table.estimatedBytes() > 0
                ? "%s %d%%"
                        .formatted(
                                word,
                                Math.min(99, 100 * table.copiedBytes() / table.estimatedBytes()))
                : word;
    }
}
