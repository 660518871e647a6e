package io.tidetable.control.api;

import io.tidetable.control.document.StrategyDocument;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.Classification;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.StrategyStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TrackStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A pipeline's status as JSON: positions as text, delays in milliseconds. */
public record PipelineRepresentation(
        String pipeline,
        Instant at,
        boolean ready,
        List<OfTrack> tracks,
        List<OfDestination> destinations) {

    /** All of it. */
    public static PipelineRepresentation of(PipelineStatus status) {
        return of(status, Integer.MAX_VALUE);
    }

    /**
     * What fits on a page.
     *
     * @param most tables of each destination, those with most to tell
     */
    static PipelineRepresentation of(PipelineStatus status, int most) {
        return new PipelineRepresentation(
                status.pipeline(),
                status.at(),
                status.ready(),
                status.tracks().stream().map(OfTrack::of).toList(),
                status.destinations().stream().map(d -> OfDestination.of(d, most)).toList());
    }

    /** As the interface writes it. */
    public String json() {
        return Json.MAPPER.writeValueAsString(this);
    }

    /** Every table at every destination, as the interface writes it. */
    public String tablesJson() {
        return Json.MAPPER.writeValueAsString(new Tables(allTables(), null));
    }

    /** One table at each destination, as the interface writes it. */
    public String tableJson(TableId table) {
        return Json.MAPPER.writeValueAsString(
                new OneTable(
                        table.toString(),
                        allTables().stream()
                                .filter(t -> t.table().equals(table.toString()))
                                .toList()));
    }

    private List<OfTable> allTables() {
        return destinations.stream().flatMap(d -> d.tables().stream()).toList();
    }

    PipelineStatus status() {
        return new PipelineStatus(
                pipeline,
                at,
                ready,
                tracks.stream().map(OfTrack::status).toList(),
                destinations.stream().map(OfDestination::status).toList());
    }

    private static @Nullable Double milliseconds(@Nullable Duration duration) {
        return duration == null ? null : Math.round(duration.toNanos() / 1e3) / 1e3;
    }

    private static @Nullable Duration duration(@Nullable Double milliseconds) {
        return milliseconds == null ? null : Duration.ofNanos(Math.round(milliseconds * 1e6));
    }

    /** A track's status. */
    public record OfTrack(
            String track,
            String state,
            String received,
            String acknowledged,
            @Nullable Long heldBackBytes,
            long journalBytes,
            @Nullable Double heartbeatDelayMs,
            long gaveWayMs,
            @Nullable String message) {
        static OfTrack of(TrackStatus status) {
            return new OfTrack(
                    status.track().label(),
                    status.state(),
                    status.received().toString(),
                    status.acknowledged().toString(),
                    status.heldBackBytes() < 0 ? null : Long.valueOf(status.heldBackBytes()),
                    status.journalBytes(),
                    milliseconds(status.heartbeatDelay()),
                    status.gaveWay().toMillis(),
                    status.message());
        }

        TrackStatus status() {
            return new TrackStatus(
                    Track.parse(track),
                    state,
                    Lsn.parse(received),
                    Lsn.parse(acknowledged),
                    heldBackBytes == null ? -1 : heldBackBytes,
                    journalBytes,
                    duration(heartbeatDelayMs),
                    Duration.ofMillis(gaveWayMs),
                    message);
        }
    }

    /** A destination's status with its tables. */
    public record OfDestination(
            String destination,
            boolean connected,
            int busySlots,
            int slots,
            int tableCount,
            List<OfTable> tables,
            @Nullable String message) {
        static OfDestination of(DestinationStatus status, int most) {
            return new OfDestination(
                    status.id().name(),
                    status.connected(),
                    status.busySlots(),
                    status.slots(),
                    status.tables().size(),
                    MostToTell.of(status.tables(), most).stream()
                            .map(t -> OfTable.of(status.id(), t))
                            .toList(),
                    status.message());
        }

        DestinationStatus status() {
            return new DestinationStatus(
                    new DestinationId(destination),
                    connected,
                    busySlots,
                    slots,
                    tables.stream().map(OfTable::status).toList(),
                    message);
        }
    }

    /**
     * A table's status at one destination.
     *
     * @param namespace the PostgreSQL schema the table stands in
     */
    public record OfTable(
            String table,
            String namespace,
            String name,
            String destination,
            String lane,
            String track,
            String consistency,
            String state,
            long copiedRows,
            long copiedBytes,
            long estimatedRows,
            long estimatedBytes,
            long appliedChanges,
            double changesPerSecond,
            @Nullable Double delayMs,
            @Nullable Double delayP99Ms,
            long backlogBytes,
            String completeUpTo,
            long quarantined,
            Carried carried,
            @Nullable String temperature,
            @Nullable String changeFrequency,
            @Nullable String move,
            @Nullable String message) {
        static OfTable of(DestinationId destination, TableStatus status) {
            Classification as = status.classification();
            return new OfTable(
                    status.table().toString(),
                    status.table().namespace(),
                    status.table().name(),
                    destination.name(),
                    status.lane().name(),
                    status.track().label(),
                    status.consistency().label(),
                    status.state().name().toLowerCase(Locale.ROOT),
                    status.copiedRows(),
                    status.copiedBytes(),
                    status.estimatedRows(),
                    status.estimatedBytes(),
                    status.appliedChanges(),
                    Math.round(status.changesPerSecond() * 10) / 10.0,
                    milliseconds(status.delay()),
                    milliseconds(status.delayP99()),
                    status.backlogBytes(),
                    status.completeUpTo().toString(),
                    status.quarantined(),
                    Carried.of(status.strategy()),
                    as == null ? null : as.temperature().label(),
                    as == null ? null : as.changeFrequency().label(),
                    status.move(),
                    status.message());
        }

        TableStatus status() {
            return new TableStatus(
                    new TableId(namespace, name),
                    new LaneId(lane),
                    Track.parse(track),
                    Consistency.parse(consistency),
                    TableState.valueOf(state.toUpperCase(Locale.ROOT)),
                    copiedRows,
                    copiedBytes,
                    estimatedRows,
                    estimatedBytes,
                    appliedChanges,
                    changesPerSecond,
                    duration(delayMs),
                    duration(delayP99Ms),
                    backlogBytes,
                    Lsn.parse(completeUpTo),
                    quarantined,
                    carried.status(),
                    temperature == null || changeFrequency == null
                            ? null
                            : new Classification(
                                    Temperature.parse(temperature),
                                    ChangeFrequency.parse(changeFrequency)),
                    move,
                    message);
        }
    }

    /**
     * What of a table is carried.
     *
     * @param freshness for people: {@code live}, {@code as of ...}, {@code sampled at 2 %, ...}
     * @param strategy in force
     * @param next the one that a merge is bringing
     * @param notSent what does not leave the source, for people
     */
    public record Carried(
            String freshness,
            StrategyDocument strategy,
            @Nullable StrategyDocument next,
            @Nullable String asOf,
            @Nullable Instant asOfTime,
            double sampledShare,
            List<String> columns,
            @Nullable String rows,
            @Nullable Long breakEvenChanges,
            @Nullable Double refreshedEverySeconds,
            @Nullable String refreshedBecause,
            @Nullable String notSent) {
        static Carried of(StrategyStatus status) {
            Strategy next = status.next();
            Lsn asOf = status.asOf();
            StrategyStatus.Refreshing refreshing = status.refreshing();
            return new Carried(
                    status.freshness(),
                    StrategyDocument.of(status.strategy()),
                    next == null ? null : StrategyDocument.of(next),
                    asOf == null ? null : asOf.toString(),
                    status.asOfTime(),
                    status.sampledShare(),
                    status.columns(),
                    status.rows(),
                    status.breakEvenChanges(),
                    refreshing == null ? null : refreshing.cadence().toMillis() / 1000.0,
                    refreshing == null ? null : refreshing.reason(),
                    status.notSent());
        }

        StrategyStatus status() {
            return new StrategyStatus(
                    strategy.strategy(),
                    next == null ? null : next.strategy(),
                    asOf == null ? null : Lsn.parse(asOf),
                    asOfTime,
                    sampledShare,
                    columns,
                    rows,
                    breakEvenChanges,
                    refreshedEverySeconds == null
                            ? null
                            : new StrategyStatus.Refreshing(
                                    Duration.ofMillis(Math.round(refreshedEverySeconds * 1000)),
                                    refreshedBecause),
                    notSent);
        }
    }

    /**
     * Tables at destinations.
     *
     * @param next what the next page begins after; null on the last
     */
    record Tables(List<OfTable> tables, @Nullable String next) {}

    /** One table at each destination it goes to. */
    record OneTable(String table, List<OfTable> destinations) {}
}
