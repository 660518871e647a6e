package io.tidetable.node.merge;

import io.tidetable.node.copy.LayoutColumn;
import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.verify.KeyRange;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The ranges of its key in which a large table is merged one after the other. */
public final class KeyRanges {
    private final TableLayout layout;

    /** Ranges of a table. */
    public KeyRanges(TableLayout layout) {
        this.layout = layout;
    }

    /**
     * Whether ranges are cheap: both servers sort the key alike, by the index. Otherwise the table
     * is merged as a whole.
     */
    public boolean canSplit() {
        return layout.hasKey() && layout.key().stream().allMatch(LayoutColumn::sameOrder);
    }

    /**
     * The range that follows another one, the first one after null; empty after the last. The last
     * has no end. Ranges cover all keys, whatever rows come and go between the calls.
     *
     * @param rows of the source in the range, as the connection sees them
     */
    public Optional<KeyRange> next(Connection source, @Nullable KeyRange previous, long rows)
            throws SQLException {
        if (!canSplit()) {
            return previous == null ? Optional.of(KeyRange.ALL) : Optional.empty();
        }
        List<String> from = previous == null ? null : previous.to();
        if (previous != null && from == null) {
            return Optional.empty();
        }
        return Optional.of(new KeyRange(from, bound(source, from, rows)));
    }

    private @Nullable List<String> bound(Connection source, @Nullable List<String> from, long rows)
            throws SQLException {
        String sql =
                "SELECT %s FROM %s WHERE %s ORDER BY %s OFFSET ? LIMIT 1"
                        .formatted(
                                layout.key().stream()
                                        .map(column -> column.quoted() + "::text")
                                        .collect(Collectors.joining(", ", "ARRAY[", "]")),
                                layout.from(Side.SOURCE),
                                new KeyRange(from, null).condition(layout, Side.SOURCE),
                                layout.keyList());
        try (PreparedStatement statement = source.prepareStatement(sql)) {
            statement.setLong(1, rows);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return null;
                }
                Array key = row.getArray(1);
                return List.of((String[]) key.getArray());
            }
        }
    }
}
