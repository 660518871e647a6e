package io.tidetable.control.observe;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads the counters of all tables of a server in one query. It takes no lock on any of them, so a
 * table that is being altered does not hold it up.
 */
public final class StatisticsReader {
    private static final String COUNTERS =
            """
            WITH relation AS (
                SELECT c.oid, c.relkind, c.reltuples, c.relpages, c.reltoastrelid,
                    CASE WHEN c.relispartition THEN coalesce(pg_partition_root(c.oid), c.oid)
                        ELSE c.oid END AS root
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
                    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tidetable')
            ), index_of AS (
                SELECT i.indrelid, sum(x.relpages) AS pages,
                    sum(pg_stat_get_numscans(i.indexrelid)) AS scans,
                    sum(pg_stat_get_tuples_fetched(i.indexrelid)) AS fetched
                FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                WHERE i.indrelid IN (SELECT oid FROM relation)
                GROUP BY i.indrelid
            ), counted AS (
                SELECT r.root,
                    count(*) FILTER (WHERE r.relkind = 'r' AND r.oid <> r.root) AS partitions,
                    sum(CASE WHEN r.relkind = 'p' THEN 0
                        WHEN r.reltuples < 0 THEN pg_stat_get_live_tuples(r.oid)
                        ELSE r.reltuples END) AS rows,
                    sum(r.relpages + coalesce(t.relpages, 0)) AS pages,
                    sum(coalesce(x.pages, 0)) AS index_pages,
                    sum(pg_stat_get_numscans(r.oid) + coalesce(x.scans, 0)) AS scans,
                    sum(pg_stat_get_tuples_returned(r.oid) + pg_stat_get_tuples_fetched(r.oid)
                        + coalesce(x.fetched, 0)) AS rows_read,
                    sum(pg_stat_get_blocks_fetched(r.oid) - pg_stat_get_blocks_hit(r.oid))
                        AS disk_reads,
                    sum(pg_stat_get_tuples_inserted(r.oid)) AS inserts,
                    sum(pg_stat_get_tuples_updated(r.oid)) AS updates,
                    sum(pg_stat_get_tuples_deleted(r.oid)) AS deletes
                FROM relation r
                LEFT JOIN index_of x ON x.indrelid = r.oid
                LEFT JOIN pg_class t ON t.oid = r.reltoastrelid
                GROUP BY r.root
            )
            SELECT n.nspname, c.relname, k.*, current_setting('block_size')::bigint AS block,
                statement_timestamp() AS read_at,
                extract(epoch FROM statement_timestamp() - coalesce(
                    (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
                    (SELECT stats_reset FROM pg_stat_bgwriter), pg_postmaster_start_time()))::float8
                    AS seconds_since_reset
            FROM counted k JOIN pg_class c ON c.oid = k.root
            JOIN pg_namespace n ON n.oid = c.relnamespace
            """;

    private StatisticsReader() {}

    /** The counters of now, by the server's own clock. */
    public static Reading read(Connection connection) throws SQLException {
        Map<TableId, Counters> tables = new HashMap<>();
        Instant at = Instant.EPOCH;
        double since = 0;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(COUNTERS)) {
            while (rows.next()) {
                at = rows.getObject("read_at", OffsetDateTime.class).toInstant();
                since = rows.getDouble("seconds_since_reset");
                tables.put(
                        new TableId(rows.getString("nspname"), rows.getString("relname")),
                        counters(rows));
            }
        }
        return new Reading(at, Math.max(0, since), tables);
    }

    private static Counters counters(ResultSet row) throws SQLException {
        double block = row.getDouble("block");
        double indexBytes = row.getDouble("index_pages") * block;
        return new Counters(
                row.getLong("partitions"),
                row.getDouble("rows"),
                row.getDouble("pages") * block + indexBytes,
                indexBytes,
                row.getDouble("scans"),
                row.getDouble("rows_read"),
                row.getDouble("disk_reads"),
                row.getDouble("inserts"),
                row.getDouble("updates"),
                row.getDouble("deletes"));
    }
}
