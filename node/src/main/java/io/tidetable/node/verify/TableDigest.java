package io.tidetable.node.verify;

import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.TableLayout;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Checksums of a table's rows on one side, by buckets of the hash of the key: counts, and two sums
 * of independent hashes, which neither pairs of equal changes nor swapped values leave as they are.
 *
 * @param rows in all
 * @param buckets those that hold rows, by number
 */
record TableDigest(long rows, Map<Integer, Bucket> buckets) {
    private static final int ROWS_PER_BUCKET = 16;
    private static final int MOST_BUCKETS = 1 << 16;

    private static final String ESTIMATE =
            """
            SELECT coalesce(sum(CASE WHEN c.reltuples > 0 THEN c.reltuples
                ELSE pg_catalog.pg_relation_size(c.oid::pg_catalog.regclass) / 64 END), 0)::bigint
            FROM pg_catalog.pg_class c
            WHERE c.relkind = 'r' AND (c.oid = pg_catalog.to_regclass(?)
                OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(?))))
            """;

    TableDigest {
        buckets = Map.copyOf(buckets);
    }

    /**
     * The checksums of one bucket.
     *
     * @param sum1 of the first hashes, modulo 2^64
     * @param sum2 of the second hashes, modulo 2^64
     */
    record Bucket(long rows, long sum1, long sum2) {}

    /** The checksums of all buckets together. */
    RowsDigest total() {
        long sum1 = 0;
        long sum2 = 0;
        for (Bucket bucket : buckets.values()) {
            sum1 += bucket.sum1();
            sum2 += bucket.sum2();
        }
        return new RowsDigest(rows, sum1, sum2);
    }

    /** How many buckets suit a table: a power of two. */
    static int bucketsFor(Connection source, TableLayout layout) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(ESTIMATE)) {
            statement.setString(1, layout.source().quoted());
            statement.setString(2, layout.source().quoted());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                long wanted = Math.clamp(row.getLong(1) / ROWS_PER_BUCKET, 1, MOST_BUCKETS);
                return (int) Long.highestOneBit(wanted);
            }
        }
    }

    static TableDigest of(
            Connection connection, Side side, HashedRows rows, Scope scope, int bucketCount)
            throws SQLException {
        Map<Integer, Bucket> buckets = new HashMap<>();
        long total = 0;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(rows.digests(side, scope, bucketCount))) {
            while (row.next()) {
                Bucket bucket =
                        new Bucket(
                                row.getLong("rows"),
                                modulo(row.getString("sum1")),
                                modulo(row.getString("sum2")));
                total += bucket.rows();
                buckets.put(row.getInt("bucket"), bucket);
            }
        }
        return new TableDigest(total, buckets);
    }

    private static long modulo(String sum) {
        return new BigInteger(sum).longValue();
    }

    /** The buckets in which two tables differ, ascending. */
    List<Integer> differing(TableDigest other) {
        return Stream.concat(buckets.keySet().stream(), other.buckets.keySet().stream())
                .distinct()
                .filter(number -> {
                    Bucket mine = buckets.get(number);
                    return mine == null || !mine.equals(other.buckets.get(number));
                })
                .sorted()
                .toList();
    }
}
