package io.tidetable.node.copy;

import io.tidetable.model.ByteSize;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The relations of the source that hold a table's rows: itself, or its partitions. */
final class LeafRelations {
    /** Plain tables only, so that the answer is as old as the transaction's snapshot. */
    private static final String LEAVES =
            """
            WITH RECURSIVE tree (oid) AS (
                SELECT c.oid FROM pg_catalog.pg_class c
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = ? AND c.relname = ?
                UNION ALL
                SELECT i.inhrelid FROM pg_catalog.pg_inherits i
                    JOIN tree ON tree.oid = i.inhparent
                    JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent
                WHERE parent.relkind = 'p'
            )
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
                    AS relation,
                c.relkind::text AS kind,
                pg_catalog.pg_relation_filenode(c.oid::pg_catalog.regclass)::bigint AS file,
                pg_catalog.pg_relation_size(c.oid::pg_catalog.regclass) AS main_bytes,
                pg_catalog.pg_table_size(c.oid::pg_catalog.regclass) AS all_bytes,
                greatest(c.reltuples, 0)::bigint AS rows,
                pg_catalog.current_setting('block_size')::bigint AS block_size
            FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind <> 'p'
            ORDER BY 1
            """;

    private LeafRelations() {}

    /**
     * One of them.
     *
     * @param name as SQL takes it
     * @param file its file, which changes when it is rewritten or truncated
     * @param mainBytes of the blocks that ctid counts
     * @param allBytes with values stored out of line
     */
    record Leaf(String name, long file, long mainBytes, long allBytes, long rows, long blockSize) {}

    /** The leaves of a table, as the connection's transaction sees them. */
    static List<Leaf> of(Connection source, TableId table) throws SQLException {
        List<Leaf> leaves = new ArrayList<>();
        try (PreparedStatement statement = source.prepareStatement(LEAVES)) {
            statement.setString(1, table.namespace());
            statement.setString(2, table.name());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String name = row.getString("relation");
                    if (!row.getString("kind").equals("r")) {
                        throw new TidetableException(
                                "TT-506",
                                ("%s of table %s is not an ordinary table, so its changes are not in the"
                                                + " log and it cannot be replicated; detach it or leave"
                                                + " the table out")
                                        .formatted(name, table));
                    }
                    leaves.add(
                            new Leaf(
                                    name,
                                    row.getLong("file"),
                                    row.getLong("main_bytes"),
                                    row.getLong("all_bytes"),
                                    row.getLong("rows"),
                                    row.getLong("block_size")));
                }
            }
        }
        return leaves;
    }

    /** The chunks that cover the leaves; the last of each is open-ended, since leaves grow. */
    static List<CopyChunk> plan(List<Leaf> leaves, ByteSize chunkSize, int attempt, int number) {
        List<CopyChunk> chunks = new ArrayList<>();
        for (Leaf leaf : leaves) {
            long blocks = leaf.mainBytes() / leaf.blockSize();
            double bytesPerBlock =
                    blocks == 0 ? leaf.blockSize() : (double) leaf.allBytes() / blocks;
            long blocksPerChunk = Math.max(1, (long) (chunkSize.bytes() / bytesPerBlock));
            long parts = Math.max(1, (blocks + blocksPerChunk - 1) / blocksPerChunk);
            for (long part = 0; part < parts; part++) {
                long first = part * blocksPerChunk;
                long end = Math.min(blocks, first + blocksPerChunk);
                double share = blocks == 0 ? 1 : (double) (end - first) / blocks;
                chunks.add(
                        new CopyChunk(
                                attempt,
                                number + chunks.size(),
                                leaf.name(),
                                leaf.file(),
                                first,
                                part == parts - 1 ? null : end,
                                (long) (leaf.allBytes() * share),
                                (long) (leaf.rows() * share),
                                null));
            }
        }
        return chunks;
    }
}
