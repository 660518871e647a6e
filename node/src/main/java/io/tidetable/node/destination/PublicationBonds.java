package io.tidetable.node.destination;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a destination remembers of how its tables were bound to the source's publications: the table
 * {@code tidetable.publication_bond}. A table that was out of its publication, if only for a
 * moment, has another bond afterwards; nothing else tells that changes of it were missed.
 */
public final class PublicationBonds {
    private static final String NOTED =
            """
            SELECT namespace, name, track, bond FROM tidetable.publication_bond WHERE pipeline = ?
            """;

    private static final String NOTED_OF_ONE =
            """
            SELECT bond FROM tidetable.publication_bond
            WHERE pipeline = ? AND namespace = ? AND name = ? AND track = ?
            """;

    private static final String NOTE =
            """
            INSERT INTO tidetable.publication_bond (pipeline, namespace, name, track, bond)
            SELECT ?, w.namespace, w.name, w.track, w.bond
            FROM unnest(?::text[], ?::text[], ?::text[], ?::text[])
                AS w (namespace, name, track, bond)
            ON CONFLICT (pipeline, namespace, name, track) DO UPDATE SET bond = excluded.bond
            """;

    private static final String FORGET =
            """
            DELETE FROM tidetable.publication_bond
            WHERE pipeline = ? AND namespace = ? AND name = ? AND track = ?
            """;

    private final String pipeline;

    public PublicationBonds(String pipeline) {
        this.pipeline = pipeline;
    }

    /** A table in the publication of a track. */
    public record Membership(TableId table, Track track) {}

    /** What was noted. */
    public Map<Membership, String> noted(Connection destination) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(NOTED)) {
            statement.setString(1, pipeline);
            try (ResultSet row = statement.executeQuery()) {
                Map<Membership, String> noted = new HashMap<>();
                while (row.next()) {
                    noted.put(
                            new Membership(
                                    new TableId(row.getString(1), row.getString(2)),
                                    Track.parse(row.getString(3))),
                            row.getString(4));
                }
                return noted;
            }
        }
    }

    /** What was noted of one; null where nothing was. */
    public @Nullable String noted(Connection destination, Membership membership)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(NOTED_OF_ONE)) {
            bind(statement, membership);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    /** Notes bonds. */
    public void note(Connection destination, Map<Membership, String> bonds) throws SQLException {
        if (bonds.isEmpty()) {
            return;
        }
        List<Map.Entry<Membership, String>> all = List.copyOf(bonds.entrySet());
        try (PreparedStatement statement = destination.prepareStatement(NOTE)) {
            statement.setString(1, pipeline);
            TextArrays.set(statement, 2, all, it -> it.getKey().table().namespace());
            TextArrays.set(statement, 3, all, it -> it.getKey().table().name());
            TextArrays.set(statement, 4, all, it -> it.getKey().track().label());
            TextArrays.set(statement, 5, all, Map.Entry::getValue);
            statement.executeUpdate();
        }
    }

    /** Forgets bonds of tables that have left a publication. */
    public void forget(Connection destination, Collection<Membership> left) throws SQLException {
        if (left.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = destination.prepareStatement(FORGET)) {
            for (Membership each : left) {
                bind(statement, each);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private void bind(PreparedStatement statement, Membership membership) throws SQLException {
        statement.setString(1, pipeline);
        statement.setString(2, membership.table().namespace());
        statement.setString(3, membership.table().name());
        statement.setString(4, membership.track().label());
    }
}
