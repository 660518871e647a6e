package io.tidetable.node.copy;

import io.tidetable.model.TableId;
import io.tidetable.model.status.CopyManifest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Tells what first copies consist of and how far they are, from what destinations know. */
public final class CopyManifests {
    private CopyManifests() {}

    /** The manifest of a table's first copy. */
    public static CopyManifest of(Connection destination, String pipeline, TableId table)
            throws SQLException {
        List<CopyChunk> chunks = new CopyLedger(pipeline, table).chunks(destination);
        return new CopyManifest(table, chunks.stream().map(CopyManifests::chunk).toList());
    }

    private static CopyManifest.Chunk chunk(CopyChunk it) {
        CopyChunk.Done done = it.done();
        return new CopyManifest.Chunk(
                it.number(),
                it.attempt(),
                it.relation(),
                it.firstBlock(),
                it.endBlock(),
                done != null,
                done == null ? it.estimatedRows() : done.rows(),
                done == null ? it.estimatedBytes() : done.bytes());
    }
}
