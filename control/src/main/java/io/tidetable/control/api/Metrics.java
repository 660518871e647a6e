package io.tidetable.control.api;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TrackStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The status as Prometheus metrics; durations in seconds, sizes in bytes. */
final class Metrics {
    static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
    private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();

    private Metrics() {}

    static byte[] of(PipelineStatus status) {
        Metrics metrics = new Metrics();
        metrics.pipeline(status);
        return metrics.text();
    }

    private void pipeline(PipelineStatus status) {
        gauge(
                "tidetable_ready",
                "1 when positions move: every track streams, every destination is connected",
                Labels.of("pipeline", status.pipeline()),
                status.ready() ? 1 : 0);
        status.tracks().forEach(this::track);
        for (DestinationStatus destination : status.destinations()) {
            destination(destination);
            destination.tables().forEach(table -> table(destination, table));
        }
    }

    private void track(TrackStatus track) {
        Labels labels = Labels.of("track", track.track().label());
        if (track.heldBackBytes() >= 0) {
            gauge(
                    "tidetable_track_held_back_bytes",
                    "Write-ahead log the source keeps for the slot",
                    labels,
                    (double) track.heldBackBytes());
        }
        gauge(
                "tidetable_track_journal_bytes",
                "Size of the track's journal on disk",
                labels,
                (double) track.journalBytes());
        seconds(
                "tidetable_track_heartbeat_delay_seconds",
                "Source commit to reception of the newest heartbeat",
                labels,
                track.heartbeatDelay());
        gauge(
                "tidetable_track_gave_way_seconds",
                "How long reading the track has waited for the express track since the start",
                labels,
                track.gaveWay().toNanos() / 1e9);
    }

    private void destination(DestinationStatus destination) {
        Labels labels = Labels.of("destination", destination.id().name());
        gauge(
                "tidetable_destination_connected",
                "1 when the destination is reached",
                labels,
                destination.connected() ? 1 : 0);
        gauge(
                "tidetable_destination_busy_slots",
                "Appliers at work",
                labels,
                destination.busySlots());
        gauge("tidetable_destination_slots", "Appliers there are", labels, destination.slots());
    }

    private void table(DestinationStatus destination, TableStatus table) {
        Labels labels =
                Labels.of(
                        "destination", destination.id().name(),
                        "table", table.table().toString(),
                        "track", table.track().label());
        counter(
                "tidetable_table_applied_changes",
                "Row changes applied since the process began",
                labels,
                (double) table.appliedChanges());
        gauge(
                "tidetable_table_copied_rows",
                "Rows copied by the first load",
                labels,
                (double) table.copiedRows());
        gauge(
                "tidetable_table_backlog_bytes",
                "Changes that wait in the journal",
                labels,
                (double) table.backlogBytes());
        gauge(
                "tidetable_table_quarantined",
                "Changes set aside because the destination refused them",
                labels,
                (double) table.quarantined());
        seconds(
                "tidetable_table_delay_seconds",
                "Destination commit minus source commit of the newest applied change",
                labels,
                table.delay());
        seconds(
                "tidetable_table_delay_p99_seconds",
                "99th percentile of the delay over the last minutes",
                labels,
                table.delayP99());
        for (TableState state : TableState.values()) {
            gauge(
                    "tidetable_table_state",
                    "1 for the state the table is in",
                    labels.merge(Labels.of("state", state.name().toLowerCase(Locale.ROOT))),
                    table.state() == state ? 1 : 0);
        }
    }

    private void seconds(String name, String help, Labels labels, @Nullable Duration duration) {
        if (duration != null) {
            gauge(name, help, labels, duration.toNanos() / 1e9);
        }
    }

    private void gauge(String name, String help, Labels labels, double value) {
        gauges.computeIfAbsent(name, n -> GaugeSnapshot.builder().name(n).help(help))
                .dataPoint(GaugeDataPointSnapshot.builder().labels(labels).value(value).build());
    }

    private void counter(String name, String help, Labels labels, double value) {
        counters.computeIfAbsent(name, n -> CounterSnapshot.builder().name(n).help(help))
                .dataPoint(CounterDataPointSnapshot.builder().labels(labels).value(value).build());
    }

    private byte[] text() {
        List<MetricSnapshot> all = new ArrayList<>();
        gauges.values().forEach(gauge -> all.add(gauge.build()));
        counters.values().forEach(counter -> all.add(counter.build()));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(text, new MetricSnapshots(all));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toByteArray();
    }
}
