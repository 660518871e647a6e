package io.tidetable.node.capture;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a server decodes rightly while a publication is altered. Older ones keep stale notions of
 * it for transactions that were open then, and lose or double their changes.
 */
public final class LiveMoves {
    private static final Map<Integer, Integer> FIRST_MINOR = Map.of(14, 19, 15, 14, 16, 10, 17, 6);

    private LiveMoves() {}

    /** The first minor version, of a major one, in which tables can move; 0 for all of them. */
    public static int firstMinor(int major) {
        return FIRST_MINOR.getOrDefault(major, 0);
    }

    /** Why tables cannot move there, in a sentence; empty where they can. */
    public static Optional<String> refusal(Connection source) throws SQLException {
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery("SHOW server_version_num")) {
            row.next();
            return refusal(row.getInt(1));
        }
    }

    static Optional<String> refusal(int versionNumber) {
        int major = versionNumber / 10_000;
        int minor = versionNumber % 10_000;
        int needed = firstMinor(major);
        return major < 14 || minor < needed
                ? Optional.of(
                        "the source is PostgreSQL %d.%d, whose decoding can lose changes while a publication is altered; update it to %d.%d or later, until then tables stay on their track"
                                .formatted(major, minor, major, needed))
                : Optional.empty();
    }
}
