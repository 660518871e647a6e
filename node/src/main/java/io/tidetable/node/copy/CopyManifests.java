package io.tidetable.node.copy;

import io.tidetable.model.TableId;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Tells what first copies consist of and how far they are, from what destinations know. */
public final class CopyManifests {
    private static final String ALL =
            """
            SELECT namespace, name, count(*), count(done_snapshot),
                coalesce(sum(rows) FILTER (WHERE done_snapshot IS NOT NULL), 0),
                coalesce(sum(bytes) FILTER (WHERE done_snapshot IS NOT NULL), 0),
                sum(CASE WHEN done_snapshot IS NULL THEN estimated_rows ELSE rows END),
                sum(CASE WHEN done_snapshot IS NULL THEN estimated_bytes ELSE bytes END)
            FROM tidetable.chunk WHERE pipeline = ?
            GROUP BY namespace, name ORDER BY namespace COLLATE "C", name COLLATE "C"
            """;

    private CopyManifests() {}

    /** The manifest of a table's first copy. */
    public static CopyManifest of(Connection destination, String pipeline, TableId table)
            throws SQLException {
        List<CopyChunk> chunks = new CopyLedger(pipeline, table).chunks(destination);
        return new CopyManifest(table, chunks.stream().map(CopyManifests::chunk).toList());
    }

    /** How far every first copy that was planned is, in the order of the tables. */
    public static List<CopyProgress> all(Connection destination, String pipeline)
            throws SQLException {
        List<CopyProgress> found = new ArrayList<>();
        try (PreparedStatement statement = destination.prepareStatement(ALL)) {
            statement.setString(1, pipeline);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(
                            new CopyProgress(
                                    new TableId(row.getString(1), row.getString(2)),
                                    row.getInt(3),
                                    row.getInt(4),
                                    row.getLong(5),
                                    row.getLong(6),
                                    row.getLong(7),
                                    row.getLong(8)));
                }
            }
        }
        return found;
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
