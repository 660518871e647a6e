package io.tidetable.node.apply;

import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** How the staging tables of giant transactions are named, so that leftovers can be told. */
final class StagedNames {
    private static final String LEFT_OVER =
            """
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'tidetable' AND c.relkind = 'r' AND starts_with(c.relname, ?)
            """;

    private StagedNames() {}

    static void drop(Connection destination, String prefix) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = destination.prepareStatement(LEFT_OVER)) {
            statement.setString(1, prefix);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    names.add(row.getString(1));
                }
            }
        }
        try (Statement statement = destination.createStatement()) {
            for (String name : names) {
                statement.execute("DROP TABLE IF EXISTS tidetable." + TableId.quote(name));
            }
        }
    }

    static String prefix(String pipeline) {
        return "staged_" + digest(pipeline) + "_";
    }

    static String prefix(String pipeline, LaneId lane) {
        return prefix(pipeline) + digest(lane.name()) + "_";
    }

    private static String digest(String name) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
