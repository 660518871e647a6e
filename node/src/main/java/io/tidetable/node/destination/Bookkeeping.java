package io.tidetable.node.destination;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The tables of the PostgreSQL schema {@code tidetable} at a destination. Whatever says how far a
 * table's rows have come is committed with those rows, so it lives in the same database.
 */
public final class Bookkeeping {
    /** One statement per table; each may run again. */
    private static final String TABLES =
            """
            CREATE SCHEMA IF NOT EXISTS tidetable;

            CREATE TABLE IF NOT EXISTS tidetable.progress (
                pipeline text NOT NULL,
                lane text NOT NULL,
                epoch bigint NOT NULL,
                system_id bigint NOT NULL,
                timeline integer NOT NULL,
                lsn pg_lsn NOT NULL,
                xid bigint NOT NULL,
                quarantine_revision bigint NOT NULL DEFAULT 0,
                source_committed_at timestamptz,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                PRIMARY KEY (pipeline, lane)
            ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
            COMMENT ON TABLE tidetable.progress IS
                'per lane: everything committed at the source up to lsn is in this database';
            COMMENT ON COLUMN tidetable.progress.quarantine_revision IS
                'raised whenever quarantined changes of the lane come or go';

            CREATE TABLE IF NOT EXISTS tidetable.watermark (
                pipeline text NOT NULL,
                track text NOT NULL,
                lsn pg_lsn NOT NULL,
                noted_at timestamptz NOT NULL,
                behind text[] NOT NULL,
                PRIMARY KEY (pipeline, track)
            ) WITH (fillfactor = 20);
            COMMENT ON TABLE tidetable.watermark IS
                'a lane of the track that is not listed as behind is complete up to this lsn';

            CREATE TABLE IF NOT EXISTS tidetable.replicated_table (
                pipeline text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                lane text NOT NULL,
                track text NOT NULL,
                state text NOT NULL,
                created_here boolean NOT NULL DEFAULT false,
                oldest_snapshot text,
                newest_snapshot text,
                newest_horizon pg_lsn,
                copy_attempt integer NOT NULL DEFAULT 0,
                copy_owner bigint NOT NULL DEFAULT 0,
                copied_columns text,
                taken_key text,
                needs_merge boolean NOT NULL DEFAULT false,
                message text,
                changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                PRIMARY KEY (pipeline, namespace, name)
            );
            COMMENT ON COLUMN tidetable.replicated_table.oldest_snapshot IS
                'source snapshot of the first chunk: transactions it does not see are replayed';

            COMMENT ON COLUMN tidetable.replicated_table.copy_attempt IS
                'rises when the first copy starts over: chunks of an earlier attempt cannot be marked';

            COMMENT ON COLUMN tidetable.replicated_table.taken_key IS
                'the statement that gives the table its primary key, which is better made once its rows are there';

            CREATE TABLE IF NOT EXISTS tidetable.strategy (
                pipeline text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                current text NOT NULL,
                next text,
                configured text NOT NULL,
                key_columns text[],
                key_sends text[],
                key_types text[],
                sample_below bigint,
                table_rows bigint,
                carried text[],
                condition text,
                kinds text[],
                layout text[],
                as_of pg_lsn,
                as_of_time timestamptz,
                relaxed text[],
                digest_made text,
                digest_rows bigint,
                digest_sum1 bigint,
                digest_sum2 bigint,
                baseline bytea,
                changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                PRIMARY KEY (pipeline, namespace, name)
            );
            ALTER TABLE tidetable.strategy ADD COLUMN IF NOT EXISTS layout text[];
            COMMENT ON TABLE tidetable.strategy IS
                'what of a table is carried; a table that is not listed carries every change';
            COMMENT ON COLUMN tidetable.strategy.next IS
                'the strategy that the merge at hand brings; what is here already may be of either';
            COMMENT ON COLUMN tidetable.strategy.layout IS
                'columns that the source can send, in its order: those it was told not to send have no value here';
            COMMENT ON COLUMN tidetable.strategy.as_of IS
                'every row here is as the source''s was at this position, or newer';

            CREATE TABLE IF NOT EXISTS tidetable.shift (
                pipeline text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                column_name text NOT NULL,
                found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                statistic text NOT NULL,
                value double precision NOT NULL,
                p double precision NOT NULL,
                severity text NOT NULL,
                stability_index double precision NOT NULL,
                bins text[] NOT NULL,
                baseline_rows bigint[] NOT NULL,
                rows_now bigint[] NOT NULL
            );
            COMMENT ON TABLE tidetable.shift IS
                'columns of sampled tables whose distribution was found to have shifted; each brought a full refresh';

            CREATE TABLE IF NOT EXISTS tidetable.chunk (
                pipeline text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                number integer NOT NULL,
                attempt integer NOT NULL,
                relation text NOT NULL,
                relation_file bigint NOT NULL,
                first_block bigint NOT NULL,
                end_block bigint,
                estimated_bytes bigint NOT NULL,
                estimated_rows bigint NOT NULL,
                done_snapshot text,
                rows bigint,
                bytes bigint,
                PRIMARY KEY (pipeline, namespace, name, number)
            );
            COMMENT ON TABLE tidetable.chunk IS
                'the parts of a table''s first copy; a part is done when done_snapshot is set';

            CREATE TABLE IF NOT EXISTS tidetable.source_file (
                pipeline text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                file bigint NOT NULL,
                columns text[] NOT NULL,
                PRIMARY KEY (pipeline, namespace, name)
            );
            COMMENT ON TABLE tidetable.source_file IS
                'in which file a table of the source lay and which columns it had, by their numbers: what changes there may have changed rows without a word';

            CREATE TABLE IF NOT EXISTS tidetable.partition_file (
                pipeline text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                partition_namespace text NOT NULL,
                partition_name text NOT NULL,
                file bigint NOT NULL,
                bonds text NOT NULL,
                PRIMARY KEY (pipeline, namespace, name, partition_namespace, partition_name)
            );
            COMMENT ON TABLE tidetable.partition_file IS
                'in which file a partition of the source lay: another one means that rows may have gone without a word';
            COMMENT ON COLUMN tidetable.partition_file.bonds IS
                'the source''s transactions that made it a partition';

            CREATE TABLE IF NOT EXISTS tidetable.publication_bond (
                pipeline text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                track text NOT NULL,
                bond text NOT NULL,
                PRIMARY KEY (pipeline, namespace, name, track)
            );
            COMMENT ON TABLE tidetable.publication_bond IS
                'what bound a table to its publication at the source: another bond means that it was out of it in between';

            CREATE TABLE IF NOT EXISTS tidetable.quarantine (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                pipeline text NOT NULL,
                lane text NOT NULL,
                namespace text NOT NULL,
                name text NOT NULL,
                chain text NOT NULL,
                row_key text NOT NULL,
                also_key text,
                kind text NOT NULL,
                lsn pg_lsn NOT NULL,
                xid bigint NOT NULL,
                ordinal bigint NOT NULL,
                shape text NOT NULL,
                image bytea NOT NULL,
                sqlstate text,
                reason text NOT NULL,
                quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp()
            );
            CREATE INDEX IF NOT EXISTS quarantine_chain
                ON tidetable.quarantine (pipeline, namespace, name, chain);
            COMMENT ON TABLE tidetable.quarantine IS
                'changes that this database refused, and every later change of the same rows, in order';
            COMMENT ON COLUMN tidetable.quarantine.chain IS
                'changes of one row, under whatever keys, share a chain and are retried together by id';
            """;

    /** Every table here that has notes of single pipelines. */
    private static final String NOTES =
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'tidetable'::regnamespace AND c.relkind = 'r' AND a.attname = 'pipeline'
            """;

    private Bookkeeping() {}

    /**
     * Makes what is missing. Takes an advisory lock, so that two beginners do not collide.
     *
     * @param destination in autocommit mode
     */
    public static void create(Connection destination) throws SQLException {
        destination.setAutoCommit(false);
        try (Statement statement = destination.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(hashtext('tidetable'))");
            statement.execute(TABLES);
            destination.commit();
        } catch (SQLException e) {
            destination.rollback();
            throw e;
        } finally {
            destination.setAutoCommit(true);
        }
    }

    /**
     * Removes what a pipeline noted here, and the schema with the last pipeline's notes. The
     * pipeline must not run.
     *
     * @param destination in autocommit mode
     * @return whether there was anything
     */
    public static boolean forget(Connection destination, String pipeline) throws SQLException {
        destination.setAutoCommit(false);
        try (Statement statement = destination.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(hashtext('tidetable'))");
            if (!isTrue(statement, "SELECT to_regnamespace('tidetable') IS NOT NULL")) {
                return false;
            }
            new TakenKeys(pipeline).giveAllBack(destination);
            boolean othersStay = false;
            for (String table : names(statement, NOTES)) {
                String quoted = "tidetable." + TableId.quote(table);
                statement.execute(
                        "DELETE FROM %s WHERE pipeline = %s"
                                .formatted(quoted, statement.enquoteLiteral(pipeline)));
                othersStay |= isTrue(statement, "SELECT EXISTS (SELECT FROM " + quoted + ")");
            }
            if (!othersStay) {
                statement.execute("DROP SCHEMA tidetable CASCADE");
            }
            destination.commit();
            return true;
        } finally {
            destination.rollback();
            destination.setAutoCommit(true);
        }
    }

    private static boolean isTrue(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private static List<String> names(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            List<String> names = new ArrayList<>();
            while (rows.next()) {
                names.add(rows.getString(1));
            }
            return names;
        }
    }
}
