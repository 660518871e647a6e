package io.tidetable.node.apply;

import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts changes of one lane into {@code tidetable.quarantine}, in the transaction at hand. */
final class QuarantineWriter {
    private static final String LOAD =
            """
            SELECT DISTINCT namespace, name, row_key, also_key, chain
            FROM tidetable.quarantine WHERE pipeline = ? AND lane = ?
            """;

    private static final String ADD =
            """
            INSERT INTO tidetable.quarantine (pipeline, lane, namespace, name, chain, row_key,
                also_key, kind, lsn, xid, ordinal, shape, image, sqlstate, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?::pg_lsn, ?, ?, ?, ?, ?, ?)
            """;

    private static final String MERGE =
            """
            UPDATE tidetable.quarantine SET chain = ?
            WHERE pipeline = ? AND lane = ? AND namespace = ? AND name = ? AND chain = ?
            """;

    private static final String CLEAR =
            """
            DELETE FROM tidetable.quarantine
            WHERE pipeline = ? AND lane = ? AND namespace = ? AND name = ?
            """;

    private final Connection connection;
    private final String pipeline;
    private final LaneId lane;

    QuarantineWriter(Connection connection, String pipeline, LaneId lane) {
        this.connection = connection;
        this.pipeline = pipeline;
        this.lane = lane;
    }

    /** The lane's chains as the destination holds them. */
    QuarantineChains load() throws SQLException {
        QuarantineChains chains = new QuarantineChains();
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setString(1, pipeline);
            statement.setString(2, lane.name());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableId table = new TableId(row.getString(1), row.getString(2));
                    chains.put(table, row.getString(3), row.getString(5));
                    String also = row.getString(4);
                    if (also != null) {
                        chains.put(table, also, row.getString(5));
                    }
                }
            }
        }
        return chains;
    }

    /** Adds a change to its row's chain, or begins one. */
    void add(QuarantineChains chains, RowChange change, @Nullable String sqlState, String reason)
            throws SQLException {
        TableId table = change.plan().table();
        String row = row(change);
        String also = alsoRow(change);
        List<String> joined = new ArrayList<>(chains.of(table, row, also));
        String chain = joined.isEmpty() ? row : joined.getFirst();
        for (Iterator<String> more = joined.stream().skip(1).iterator(); more.hasNext(); ) {
            merge(table, more.next(), chain);
        }
        joined.stream().skip(1).forEach(other -> chains.merge(table, other, chain));
        chains.put(table, row, chain);
        if (also != null) {
            chains.put(table, also, chain);
        }
        insert(change, chain, row, also, sqlState, reason);
    }

    private void insert(
            RowChange change,
            String chain,
            String row,
            @Nullable String also,
            @Nullable String sqlState,
            String reason)
            throws SQLException {
        ByteBuffer payload = change.payload().duplicate();
        byte[] image = new byte[payload.remaining()];
        payload.get(image);
        TableId table = change.plan().table();
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setString(1, pipeline);
            statement.setString(2, lane.name());
            statement.setString(3, table.namespace());
            statement.setString(4, table.name());
            statement.setString(5, chain);
            statement.setString(6, row);
            statement.setString(7, also);
            statement.setString(8, change.kind().name());
            statement.setString(9, change.position().commitEnd().toString());
            statement.setLong(10, change.position().xid());
            statement.setLong(11, change.ordinal());
            statement.setString(12, ShapeText.write(change.plan().shape()));
            statement.setBytes(13, image);
            statement.setString(14, sqlState);
            statement.setString(15, reason);
            statement.executeUpdate();
        }
    }

    private void merge(TableId table, String from, String into) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(MERGE)) {
            statement.setString(1, into);
            statement.setString(2, pipeline);
            statement.setString(3, lane.name());
            statement.setString(4, table.namespace());
            statement.setString(5, table.name());
            statement.setString(6, from);
            statement.executeUpdate();
        }
    }

    /** Takes all changes of a table away: it was emptied. */
    void clear(QuarantineChains chains, TableId table) throws SQLException {
        chains.clear(table);
        try (PreparedStatement statement = connection.prepareStatement(CLEAR)) {
            statement.setString(1, pipeline);
            statement.setString(2, lane.name());
            statement.setString(3, table.namespace());
            statement.setString(4, table.name());
            statement.executeUpdate();
        }
    }

    /** Whether the change is one of a row that has changes in quarantine. */
    static boolean concerns(QuarantineChains chains, RowChange change) {
        if (!chains.concern(change.plan().table())) {
            return false;
        }
        Set<String> joined = chains.of(change.plan().table(), row(change), alsoRow(change));
        return !joined.isEmpty();
    }

    private static String row(RowChange change) {
        return RowName.of(change.plan(), change.keyed());
    }

    /** The row's name after the change, where it is another one. */
    private static @Nullable String alsoRow(RowChange change) {
        RowImage after = change.after();
        if (after == null || after == change.keyed()) {
            return null;
        }
        String name = RowName.of(change.plan(), after);
        return name.equals(row(change)) ? null : name;
    }
}
