package io.tidetable.node.verify;

import io.tidetable.node.copy.LayoutColumn;
import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.verify.RowHash.Kind;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The rows of a table on one side as SQL queries see them: a hash of the key, a hash of the row.
 * Both are made of the texts of the values, columns in the layout's order, so that they do not
 * depend on where a column stands, on collations or on versions; a value of another type than the
 * destination's is first brought to that type.
 *
 * @param hash agreed on by both servers
 */
public record HashedRows(TableLayout layout, RowHash hash) {
    /** Built-in types whose cast would cut off or change what an assignment refuses or keeps. */
    private static final Set<String> NEVER_CAST =
            Set.of("text", "character varying", "bpchar", "bit", "\"bit\"", "bit varying", "name");

    /**
     * A query of {@code relation, place, key1, key2, row1, row2, key}: where each row lies
     * (tableoid and ctid), the hashes of key and row, and the texts of the key (null without a
     * key). Without a key the row's hashes are the key's.
     *
     * @param condition on the table's rows, as SQL takes it
     */
    String rows(Side side, Scope scope, String condition) {
        return """
        SELECT relation, place, %s AS key1, %s AS key2, %s AS row1, %s AS row2, key
        FROM (%s) raw
        """
                .formatted(
                        hash.of(keyName(), Kind.FIRST),
                        hash.of(keyName(), Kind.SECOND),
                        hash.of("r", Kind.FIRST),
                        hash.of("r", Kind.SECOND),
                        raw(side, scope, condition, true));
    }

    /** A condition that is true for the rows whose key falls into one of the buckets. */
    String inBuckets(Side side, int buckets, List<Integer> wanted) {
        if (wanted.size() == buckets) {
            return "true";
        }
        String identity = rowText(layout.hasKey() ? layout.key() : layout.columns(), side);
        return "(%s & %d) IN (SELECT unnest('{%s}'::bigint[]))"
                .formatted(
                        hash.of(identity, Kind.FIRST),
                        buckets - 1,
                        wanted.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    /** A query of {@code bucket, rows, sum1, sum2}: checksums of the rows whose key falls in it. */
    String digests(Side side, Scope scope, int buckets) {
        return """
        SELECT key1 & %d AS bucket, count(*) AS rows, sum(row1)::text AS sum1,
            sum(row2)::text AS sum2
        FROM (SELECT %s AS key1, %s AS row1, %s AS row2 FROM (%s) raw) hashed
        GROUP BY 1
        """
                .formatted(
                        buckets - 1,
                        hash.of(keyName(), Kind.FIRST),
                        hash.of("r", Kind.FIRST),
                        hash.of("r", Kind.SECOND),
                        raw(side, scope, "true", false));
    }

    private String keyName() {
        return layout.hasKey() ? "k" : "r";
    }

    /** OFFSET 0 keeps the planner from computing the texts once for each hash. */
    private String raw(Side side, Scope scope, String condition, boolean located) {
        String filter =
                side == Side.SOURCE && scope.sourceFilter() != null
                        ? " AND (" + scope.sourceFilter() + ")"
                        : "";
        if (scope.filterOnBoth() != null) {
            filter += " AND (" + scope.filterOnBoth() + ")";
        }
        String key = layout.hasKey() ? rowText(layout.key(), side) + " AS k, " : "";
        String location =
                located
                        ? "tableoid::bigint AS relation, ctid::text AS place, %s AS key, "
                                .formatted(layout.hasKey() ? keyTexts() : "NULL::text[]")
                        : "";
        return "SELECT %s%s%s AS r FROM %s WHERE %s AND %s%s OFFSET 0"
                .formatted(
                        location,
                        key,
                        rowText(layout.columns(), side),
                        layout.from(side),
                        scope.range().condition(layout, side),
                        condition,
                        filter);
    }

    private String keyTexts() {
        return layout.key().stream()
                .map(column -> column.quoted() + "::text")
                .collect(Collectors.joining(", ", "ARRAY[", "]"));
    }

    private static String rowText(List<LayoutColumn> columns, Side side) {
        return columns.stream()
                .map(column -> value(column, side))
                .collect(Collectors.joining(", ", "ROW(", ")::text"));
    }

    private static String value(LayoutColumn column, Side side) {
        if (column.blank() && side == Side.SOURCE) {
            return "NULL";
        }
        LayoutColumn.Type source = column.source();
        LayoutColumn.Type destination = column.destination();
        boolean cast =
                side == Side.SOURCE
                        && destination.builtIn()
                        && !source.declared().equals(destination.declared())
                        && !NEVER_CAST.contains(destination.bare());
        return cast
                ? "%s::text::%s".formatted(column.quoted(), destination.declared())
                : column.quoted();
    }

    /**
     * An expression that is true for rows of the destination with exactly those hashes, as {@code
     * (relation, place, row1, row2) IN (..)} takes it.
     */
    public String destinationIdentity() {
        String text = rowText(layout.columns(), Side.DESTINATION);
        return "(tableoid::bigint, ctid::text, %s, %s)"
                .formatted(hash.of(text, Kind.FIRST), hash.of(text, Kind.SECOND));
    }
}
