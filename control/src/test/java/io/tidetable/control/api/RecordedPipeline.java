package io.tidetable.control.api;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.Classification;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.model.status.StrategyStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.model.status.TrackStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A pipeline that shows one recorded status and notes what it is asked. */
final class RecordedPipeline implements PipelineView {
    static final TableId ORDERS = new TableId("public", "orders");
    static final TableId ODD = new TableId("Odd Schema", "a/b ü.c");
    static final DestinationId REPORTING = new DestinationId("reporting");

    final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    volatile boolean ready = true;
    volatile boolean complete = true;
    volatile boolean verifyFails;

    /** What tables say about themselves. */
    volatile @Nullable String note;

    @Override
    public PipelineStatus status() {
        return new PipelineStatus(
                "main",
                Instant.parse("2026-01-02T03:04:05.678Z"),
                ready,
                List.of(
                        new TrackStatus(
                                Track.EXPRESS,
                                "streaming",
                                Lsn.parse("16/3002D50"),
                                Lsn.parse("16/3002D00"),
                                4096,
                                1 << 20,
                                Duration.ofNanos(1_234_000),
                                Duration.ZERO,
                                null),
                        new TrackStatus(
                                Track.BULK,
                                ready ? "streaming" : "connecting",
                                Lsn.ZERO,
                                Lsn.ZERO,
                                -1,
                                0,
                                null,
                                Duration.ofMillis(1_500),
                                ready ? null : "the source refuses connections")),
                List.of(
                        new DestinationStatus(
                                REPORTING,
                                true,
                                1,
                                4,
                                List.of(
                                        table(
                                                ORDERS,
                                                new Consistency.Group("checkout"),
                                                TableState.STREAMING,
                                                Duration.ofMillis(12),
                                                StrategyStatus.usual()),
                                        table(
                                                ODD,
                                                new Consistency.Key(4),
                                                TableState.COPYING,
                                                null,
                                                new StrategyStatus(
                                                        new Strategy.Full(Duration.ofMinutes(5)),
                                                        Strategy.Sampling.USUAL,
                                                        Lsn.parse("16/3002D50"),
                                                        Instant.parse("2026-01-02T03:04:05Z"),
                                                        0.5,
                                                        List.of("id", "status"),
                                                        "id > 7",
                                                        12L,
                                                        new StrategyStatus.Refreshing(
                                                                Duration.ofSeconds(90),
                                                                "that often it is cheap"),
                                                        "columns note do not leave the source"))),
                                null)));
    }

    private TableStatus table(
            TableId table,
            Consistency consistency,
            TableState state,
            @Nullable Duration delay,
            StrategyStatus carried) {
        return new TableStatus(
                table,
                new LaneId(table.toString()),
                Track.EXPRESS,
                consistency,
                state,
                10,
                1000,
                20,
                2000,
                77,
                3.5,
                delay,
                delay,
                5,
                Lsn.parse("16/3002D50"),
                state == TableState.STREAMING ? 2 : 0,
                carried,
                new Classification(Temperature.HOT, ChangeFrequency.LOW),
                null,
                note);
    }

    @Override
    public Lsn sourcePosition() {
        return Lsn.parse("16/4000000");
    }

    @Override
    public boolean awaitComplete(
            DestinationId destination, Set<TableId> tables, Lsn position, Duration limit) {
        asked.add("await %s %s %s %s".formatted(destination, tables, position, limit));
        return complete;
    }

    @Override
    public List<TableVerification> verify(
            DestinationId destination,
            Set<TableId> tables,
            boolean repair,
            Consumer<TableVerification> each) {
        asked.add("verify %s %s %s".formatted(destination, tables, repair));
        TableVerification found =
                new TableVerification(
                        ORDERS, 10, 9, 1, 0, 0, List.of("(7)"), 0, Duration.ofMillis(3), null);
        each.accept(found);
        if (verifyFails) {
            throw new TidetableException("TT-520", "the source went away; ask again");
        }
        return List.of(found);
    }

    @Override
    public void pause(DestinationId destination, TableId table) {
        asked.add("pause %s %s".formatted(destination, table));
    }

    @Override
    public void resume(DestinationId destination, TableId table) {
        throw new TidetableException("TT-430", "the table is not paused; nothing to resume");
    }

    @Override
    public void move(TableId table, Track track) {
        asked.add("move %s %s".formatted(table, track.label()));
        if (track == Track.EXPRESS) {
            throw new TidetableException("TT-249", table + " moves just now");
        }
    }

    @Override
    public List<QuarantinedChange> quarantined(
            DestinationId destination, TableId table, int limit) {
        asked.add("quarantined %s %s %d".formatted(destination, table, limit));
        return List.of(
                new QuarantinedChange(
                        1,
                        table,
                        "(7)",
                        "(7)",
                        "update",
                        Lsn.parse("16/3002D50"),
                        "23514",
                        "violates a check",
                        Instant.parse("2026-01-02T03:04:05Z")),
                new QuarantinedChange(
                        2,
                        table,
                        "(7)",
                        "(7)",
                        "delete",
                        Lsn.parse("16/3002D60"),
                        null,
                        "waits for the change before it",
                        Instant.parse("2026-01-02T03:04:06Z")));
    }

    @Override
    public RetriedChanges retryQuarantined(DestinationId destination, TableId table, String chain) {
        asked.add("retry %s %s %s".formatted(destination, table, chain));
        return new RetriedChanges(0, 0, "violates a check");
    }

    @Override
    public long discardQuarantined(DestinationId destination, TableId table, String chain) {
        asked.add("discard %s %s %s".formatted(destination, table, chain));
        return 2;
    }

    @Override
    public CopyManifest manifest(DestinationId destination, TableId table) {
        return new CopyManifest(
                table,
                List.of(
                        new CopyManifest.Chunk(0, 1, "public.orders", 0, 128L, true, 10, 1000),
                        new CopyManifest.Chunk(1, 1, "public.orders", 128, null, false, 9, 900)));
    }

    @Override
    public List<CopyProgress> manifests(DestinationId destination) {
        return List.of(
                new CopyProgress(ORDERS, 3, 3, 100, 9000, 100, 9000),
                new CopyProgress(ODD, 2, 1, 10, 1000, 19, 1900));
    }

    @Override
    public void resync(DestinationId destination, TableId table) {
        asked.add("resync %s %s".formatted(destination, table));
    }
}
