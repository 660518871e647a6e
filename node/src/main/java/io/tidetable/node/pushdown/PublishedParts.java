package io.tidetable.node.pushdown;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.capture.TrackNames;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the publications of a pipeline carry of their tables, as the source's catalog has it. */
public final class PublishedParts {
    /** The first PostgreSQL whose publications have column lists and row filters. */
    private static final int FIRST_VERSION = 150_000;

    private static final String PARTS =
            """
            SELECT p.pubname, n.nspname, c.relname,
                CASE WHEN m.prattrs IS NOT NULL THEN ARRAY(
                    SELECT a.attname::text FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum = ANY (m.prattrs::int2[])) END AS columns,
                pg_catalog.pg_get_expr(m.prqual, m.prrelid) AS filter
            FROM pg_catalog.pg_publication_rel m
            JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid
            JOIN pg_catalog.pg_class c ON c.oid = m.prrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE p.pubname = ANY (?) AND (m.prattrs IS NOT NULL OR m.prqual IS NOT NULL
                OR (n.nspname::text, c.relname::text) IN (SELECT * FROM unnest(?::text[], ?::text[])))
            """;

    private final String pipeline;

    /** The publications of a pipeline. */
    public PublishedParts(String pipeline) {
        this.pipeline = pipeline;
    }

    /** Whether a source knows column lists and row filters. */
    public static boolean areKnownTo(Connection source) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement("SHOW server_version_num");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getInt(1) >= FIRST_VERSION;
        }
    }

    /**
     * What each track carries of tables: of all that are not carried whole, and of these.
     *
     * @param source that {@link #areKnownTo} is true of
     */
    public Map<TableId, Map<Track, PublishedPart>> read(
            Connection source, Collection<TableId> tables) throws SQLException {
        Map<String, Track> names = new TreeMap<>();
        for (Track track : Track.values()) {
            names.put(TrackNames.publication(pipeline, track), track);
        }
        Map<TableId, Map<Track, PublishedPart>> found = new TreeMap<>();
        try (PreparedStatement statement = source.prepareStatement(PARTS)) {
            statement.setArray(1, source.createArrayOf("text", names.keySet().toArray()));
            TextArrays.setNames(statement, 2, tables);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.computeIfAbsent(
                                    new TableId(row.getString(2), row.getString(3)),
                                    _ -> new EnumMap<>(Track.class))
                            .put(names.get(row.getString(1)), part(row));
                }
            }
        }
        return found;
    }

    private static PublishedPart part(ResultSet row) throws SQLException {
        Array columns = row.getArray("columns");
        RowCondition rows = PublishedPart.rows(row.getString("filter"));
        return new PublishedPart(
                new TableNeed(
                        columns == null
                                ? null
                                : new TreeSet<>(Set.of((String[]) columns.getArray())),
                        rows == null ? RowCondition.always() : rows),
                rows == null);
    }
}
