package io.tidetable.node.capture;

import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TidetableException;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Asks a server who it is. */
public final class SourceIdentities {
    static final String STANDBY =
            "the source is a standby, and changes can be read without loss from a primary only";

    private SourceIdentities() {}

    /**
     * Which history of which server its positions belong to.
     *
     * @throws TidetableException TT-224 if it is a standby: it neither says which transactions were
     *     running at a snapshot nor takes markers
     */
    public static SourceIdentity read(Database source) throws SQLException {
        try (Connection connection = source.connectForReplication("tidetable identify")) {
            if (isStandby(connection)) {
                throw new TidetableException("TT-224", STANDBY + "; point its url at the primary");
            }
            return identity(connection);
        }
    }

    static boolean isStandby(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            rows.next();
            return rows.getBoolean(1);
        }
    }

    static SourceIdentity identity(Connection replication) throws SQLException {
        try (Statement statement = replication.createStatement();
                ResultSet rows = statement.executeQuery("IDENTIFY_SYSTEM")) {
            rows.next();
            return new SourceIdentity(
                    Long.parseUnsignedLong(rows.getString("systemid")), rows.getInt("timeline"));
        }
    }
}
