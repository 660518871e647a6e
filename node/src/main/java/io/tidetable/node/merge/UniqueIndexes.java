package io.tidetable.node.merge;

import io.tidetable.node.copy.StagingTable;
import io.tidetable.node.copy.TableLayout;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The unique indexes of a destination table. Rows of one snapshot of the source do not collide with
 * each other, so a row of the destination that collides with one of them is not as the source has
 * it, whatever its key.
 */
final class UniqueIndexes {
    private static final String INDEXES =
            """
            SELECT pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
                ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, false)
                    FROM pg_catalog.generate_series(1, i.indnkeyatts) n ORDER BY n) AS parts,
                ARRAY(SELECT 'OPERATOR(' || pg_catalog.quote_ident(s.nspname) || '.' || o.oprname || ')'
                    FROM pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS k (class, place)
                        JOIN pg_catalog.pg_opclass c ON c.oid = k.class
                        JOIN pg_catalog.pg_amop m ON m.amopfamily = c.opcfamily
                            AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
                            AND m.amopstrategy = 3
                        JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr
                        JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
                    WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS operators
            FROM pg_catalog.pg_index i
            WHERE i.indrelid = pg_catalog.to_regclass(?) AND i.indisunique
            """;

    private final TableLayout layout;
    private final List<Index> indexes;

    private UniqueIndexes(TableLayout layout, List<Index> indexes) {
        this.layout = layout;
        this.indexes = indexes;
    }

    /**
     * One of them.
     *
     * @param predicate which rows are in it, null for all
     * @param parts columns and expressions, as SQL takes them
     * @param operators the equality of each part
     */
    private record Index(@Nullable String predicate, List<String> parts, List<String> operators) {}

    static UniqueIndexes read(Connection destination, TableLayout layout) throws SQLException {
        List<Index> indexes = new ArrayList<>();
        try (PreparedStatement statement = destination.prepareStatement(INDEXES)) {
            statement.setString(1, layout.destination().quoted());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    indexes.add(
                            new Index(
                                    row.getString("predicate"),
                                    List.of((String[]) row.getArray("parts").getArray()),
                                    List.of((String[]) row.getArray("operators").getArray())));
                }
            }
        }
        return new UniqueIndexes(layout, indexes);
    }

    /** Deletes the rows of the table that collide with a staged row in any index. */
    void clearWay(Connection destination) throws SQLException {
        try (Statement statement = destination.createStatement()) {
            for (Index index : indexes) {
                statement.execute(clearing(index));
            }
        }
    }

    private String clearing(Index index) {
        List<Integer> places = IntStream.range(0, index.parts().size()).boxed().toList();
        String parts =
                places.stream()
                        .map(place -> "(%s) AS u%d".formatted(index.parts().get(place), place))
                        .collect(Collectors.joining(", "));
        String condition =
                places.stream()
                        .map(place ->
                                "t.u%d %s n.u%d"
                                        .formatted(place, index.operators().get(place), place))
                        .collect(Collectors.joining(" AND "));
        String within = index.predicate() == null ? "true" : index.predicate();
        return """
        DELETE FROM %1$s WHERE (tableoid::bigint, ctid::text) IN (
            SELECT t.relation, t.place
            FROM (SELECT tableoid::bigint AS relation, ctid::text AS place, %3$s
                    FROM %1$s WHERE %5$s) t
                JOIN (SELECT %3$s FROM %2$s WHERE %5$s) n ON %4$s)
        """
                .formatted(
                        layout.destination().quoted(), StagingTable.NAME, parts, condition, within);
    }
}
