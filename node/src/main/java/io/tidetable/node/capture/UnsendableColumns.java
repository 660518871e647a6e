package io.tidetable.node.capture;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Columns whose changes PostgreSQL cannot send in binary form: types that have none are sent as
 * text, but not inside an array, a composite or a range. One such value would end the reading of
 * every table of its track, again and again.
 */
final class UnsendableColumns {
    private static final String COLUMNS =
            """
            WITH RECURSIVE part (owner, attname, type, inside) AS (
                SELECT n.nspname || '.' || c.relname, a.attname, a.atttypid, false
                FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
                JOIN pg_catalog.pg_namespace n ON n.nspname = w.namespace
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
                WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                UNION
                SELECT part.owner, part.attname, inner_type.oid, part.inside OR t.typtype <> 'd'
                FROM part JOIN pg_catalog.pg_type t ON t.oid = part.type
                CROSS JOIN LATERAL (
                    SELECT t.typelem
                    WHERE t.typsend = 'pg_catalog.array_send'::pg_catalog.regproc
                    UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
                    UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r
                    WHERE r.rngtypid = t.oid OR r.rngmultitypid = t.oid
                    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                    WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0
                        AND NOT a.attisdropped
                ) inner_type (oid)
            )
            SELECT DISTINCT part.owner, part.attname, pg_catalog.format_type(t.oid, NULL)
            FROM part JOIN pg_catalog.pg_type t ON t.oid = part.type
            WHERE part.inside AND t.typsend = 0
            ORDER BY 1, 2, 3
            """;

    private UnsendableColumns() {}

    /**
     * Refuses tables that have such columns.
     *
     * @throws TidetableException TT-236 if one has
     */
    static void refuse(Connection source, Collection<TableId> tables) throws SQLException {
        List<String> found = new ArrayList<>();
        try (PreparedStatement statement = source.prepareStatement(COLUMNS)) {
            TextArrays.setNames(statement, 1, tables);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(
                            "%s.%s (of %s)"
                                    .formatted(
                                            rows.getString(1),
                                            rows.getString(2),
                                            rows.getString(3)));
                }
            }
        }
        if (!found.isEmpty()) {
            throw new TidetableException(
                    "TT-236",
                    "not published, because PostgreSQL could not send changes of columns that hold values without binary form inside others: %s; leave their tables out"
                            .formatted(String.join(", ", found)));
        }
    }
}
