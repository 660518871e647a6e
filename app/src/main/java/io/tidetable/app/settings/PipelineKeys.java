package io.tidetable.app.settings;

import io.tidetable.model.ByteSize;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.tracks.TrackPolicy;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/** Reads the blocks {@code journal}, {@code tuning} and {@code moves}. */
final class PipelineKeys {
    private final WrittenValues values;

    PipelineKeys(WrittenValues values) {
        this.values = values;
    }

    PipelineSettings.Journal journal(Document.@Nullable Journal journal) {
        PipelineSettings.Journal usual = PipelineSettings.Journal.DEFAULT;
        if (journal == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/journal");
        return new PipelineSettings.Journal(
                values.value(
                        place.appendProperty("bulk"),
                        journal.bulk(),
                        usual.bulk(),
                        ValueKinds.atLeast("64MB")),
                values.value(
                        place.appendProperty("express"),
                        journal.express(),
                        usual.express(),
                        ValueKinds.atLeast("64MB")),
                values.value(
                        place.appendProperty("reserve"),
                        journal.reserve(),
                        usual.diskReserve(),
                        ByteSize::parse));
    }

    PipelineSettings.Tuning tuning(Document.@Nullable Tuning tuning) {
        PipelineSettings.Tuning usual = PipelineSettings.Tuning.DEFAULT;
        if (tuning == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/tuning");
        return new PipelineSettings.Tuning(
                values.value(
                        place.appendProperty("heartbeat"),
                        tuning.heartbeat(),
                        usual.heartbeat(),
                        ValueKinds.between("100ms", "1m")),
                values.value(
                        place.appendProperty("batch"),
                        tuning.batch(),
                        usual.batchBytes(),
                        ValueKinds.atLeast("64kB")),
                values.value(
                        place.appendProperty("chunk"),
                        tuning.chunk(),
                        usual.chunkSize(),
                        ValueKinds.atLeast("1MB")),
                values.value(
                        place.appendProperty("snapshot_limit"),
                        tuning.snapshotLimit(),
                        usual.snapshotLimit(),
                        ValueKinds.between("10s", "1d")));
    }

    boolean pushDown(Document.@Nullable Functional functional) {
        return functional != null
                && values.value(
                        JsonPointer.valueOf("/functional/push_down"),
                        functional.pushDown(),
                        false,
                        ValueKinds::truth);
    }

    PipelineSettings.Moves moves(Document.@Nullable Moves moves) {
        PipelineSettings.Moves usual = PipelineSettings.Moves.DEFAULT;
        if (moves == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/moves");
        TrackPolicy.Limits limits = usual.limits();
        return new PipelineSettings.Moves(
                values.value(
                        place.appendProperty("automatic"),
                        moves.automatic(),
                        usual.automatic(),
                        ValueKinds::truth),
                new TrackPolicy.Limits(
                        values.value(
                                place.appendProperty("flood_changes"),
                                moves.floodChanges(),
                                limits.floodChanges(),
                                text -> (long) ValueKinds.number(text, 1, Integer.MAX_VALUE)),
                        values.value(
                                place.appendProperty("flood_bytes"),
                                moves.floodBytes(),
                                limits.floodBytes(),
                                ValueKinds.atLeast("1kB")),
                        values.value(
                                place.appendProperty("flood_for"),
                                moves.floodFor(),
                                limits.floodFor(),
                                ValueKinds.between("500ms", "10m")),
                        values.value(
                                place.appendProperty("calm_for"),
                                moves.calmFor(),
                                limits.calmFor(),
                                ValueKinds.between("1s", "1d")),
                        values.value(
                                place.appendProperty("per_minute"),
                                moves.perMinute(),
                                limits.perMinute(),
                                text -> ValueKinds.number(text, 1, 60))));
    }
}
