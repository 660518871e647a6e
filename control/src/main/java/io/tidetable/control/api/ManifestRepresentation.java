package io.tidetable.control.api;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.status.CopyManifest;
import java.util.List;

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

    CopyManifest manifest(TableId named) {
        return new CopyManifest(named, chunks);
    }
}
