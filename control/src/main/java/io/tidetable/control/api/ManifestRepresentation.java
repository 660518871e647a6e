package io.tidetable.control.api;

import com.fasterxml.jackson.annotation.JsonValue;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the first copy of a table consists of. */
record ManifestRepresentation(
        String table, String destination, int done, List<CopyManifest.Chunk> chunks) {
    static ManifestRepresentation of(DestinationId there, CopyManifest manifest) {
        return new ManifestRepresentation(
                manifest.table().toString(),
                there.name(),
                (int) manifest.chunks().stream().filter(CopyManifest.Chunk::done).count(),
                manifest.chunks());
    }

    /** How far all first copies are, by pages. */
    record Manifests(List<Progress> manifests, @Nullable String next) {}

    /** Whether parts of a copy are still to be done. */
    enum State {
        COPYING,
        DONE;

        @JsonValue
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How far one is. */
    record Progress(
            String table,
            String namespace,
            String name,
            String destination,
            State state,
            int chunks,
            int done,
            long rows,
            long bytes,
            long estimatedRows,
            long estimatedBytes) {
        static Progress of(DestinationId there, CopyProgress it) {
            return new Progress(
                    it.table().toString(),
                    it.table().namespace(),
                    it.table().name(),
                    there.name(),
                    it.isDone() ? State.DONE : State.COPYING,
                    it.chunks(),
                    it.done(),
                    it.rows(),
                    it.bytes(),
                    it.estimatedRows(),
                    it.estimatedBytes());
        }

        /** Its place in the order of the list. */
        String cursor() {
            return String.join(Page.BETWEEN, destination, namespace, name);
        }

        CopyProgress progress() {
            return new CopyProgress(
                    new TableId(namespace, name),
                    chunks,
                    done,
                    rows,
                    bytes,
                    estimatedRows,
                    estimatedBytes);
        }
    }

    CopyManifest manifest(TableId named) {
        return new CopyManifest(named, chunks);
    }
}
