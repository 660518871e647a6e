package io.tidetable.node.merge;

import io.tidetable.model.TidetableException;
import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.RowPump;
import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.StagingTable;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.verify.Difference;
import io.tidetable.node.verify.Difference.Location;
import io.tidetable.node.verify.HashedRows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Writes differences to the destination: rows the source does not have go, its own come. */
final class DifferenceWriter {
    private static final String UNIQUE_VIOLATION = "23505";

    private static final String RELATION_NAME =
            """
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = ?::bigint::oid
            """;

    private final TableLayout layout;
    private final HashedRows rows;
    private final Connection source;
    private final Connection destination;
    private final CopyPace pace;
    private final StagingTable staging;
    private final Map<Long, String> relationNames = new LinkedHashMap<>();

    DifferenceWriter(
            TableLayout layout,
            HashedRows rows,
            Connection source,
            Connection destination,
            CopyPace pace) {
        this.layout = layout;
        this.rows = rows;
        this.source = source;
        this.destination = destination;
        this.pace = pace;
        staging = new StagingTable(layout);
    }

    void write(List<Difference> batch) throws SQLException, InterruptedException {
        List<Difference.Seen> leaving = new ArrayList<>();
        Map<Long, List<String>> coming = new LinkedHashMap<>();
        boolean replace = identityBeyondKey();
        for (Difference difference : batch) {
            switch (difference) {
                case Difference.Extra extra -> leaving.add(extra.destination());
                case Difference.Missing _ -> {}
                case Difference.Different different -> {
                    if (replace) {
                        leaving.add(different.destination());
                    }
                }
            }
            Location location = difference.sourceLocation();
            if (location != null) {
                coming.computeIfAbsent(location.relation(), _ -> new ArrayList<>())
                        .add(location.place());
            }
        }
        delete(leaving);
        if (!coming.isEmpty()) {
            staging.create(destination);
            for (Map.Entry<Long, List<String>> places : coming.entrySet()) {
                fetch(places.getKey(), places.getValue());
            }
            put();
        }
    }

    /** An identity column that UPDATE may not set: such rows are replaced instead. */
    private boolean identityBeyondKey() {
        return layout.columns().stream()
                .anyMatch(column ->
                        column.destination().identityAlways() && !layout.key().contains(column));
    }

    /** Only rows that still are what was seen: a place may have been taken by a mended row. */
    private void delete(List<Difference.Seen> leaving) throws SQLException {
        if (leaving.isEmpty()) {
            return;
        }
        String sql =
                """
                DELETE FROM %s WHERE ctid = ANY (?::tid[])
                    AND %s IN (SELECT * FROM unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[]))
                """
                        .formatted(layout.from(Side.DESTINATION), rows.destinationIdentity());
        try (PreparedStatement statement = destination.prepareStatement(sql)) {
            String[] places =
                    leaving.stream().map(s -> s.location().place()).toArray(String[]::new);
            statement.setArray(1, destination.createArrayOf("text", places));
            statement.setArray(
                    2,
                    destination.createArrayOf(
                            "int8", leaving.stream().map(s -> s.location().relation()).toArray()));
            statement.setArray(3, destination.createArrayOf("text", places));
            statement.setArray(
                    4,
                    destination.createArrayOf(
                            "int8", leaving.stream().map(Difference.Seen::row1).toArray()));
            statement.setArray(
                    5,
                    destination.createArrayOf(
                            "int8", leaving.stream().map(Difference.Seen::row2).toArray()));
            statement.executeUpdate();
        }
    }

    /** Places hold as long as the source's snapshot does. */
    private void fetch(long relation, List<String> places)
            throws SQLException, InterruptedException {
        String read =
                "COPY (SELECT %s FROM ONLY %s WHERE ctid = ANY ('{%s}'::tid[])) TO STDOUT%s"
                        .formatted(
                                layout.sourceList(),
                                relationName(relation),
                                places.stream()
                                        .map(place -> '"' + place + '"')
                                        .reduce((a, b) -> a + "," + b)
                                        .orElseThrow(),
                                layout.binary() ? " (FORMAT binary)" : "");
        RowPump pump = new RowPump(pace);
        try {
            if (!pump.run(source, read, destination, staging.copyIn())) {
                throw new InterruptedException(
                        "the merge of " + layout.source() + " was cancelled");
            }
        } catch (RowPump.SideFailure e) {
            throw e.sqlException();
        }
        if (pump.rows() != places.size()) {
            throw new TidetableException(
                    "TT-510",
                    ("%d of %d rows of %s were not found again under their snapshot; the merge is given up"
                                    + " and has to be done again")
                            .formatted(
                                    places.size() - pump.rows(), places.size(), layout.source()));
        }
    }

    private String relationName(long oid) throws SQLException {
        String known = relationNames.get(oid);
        if (known != null) {
            return known;
        }
        try (PreparedStatement statement = source.prepareStatement(RELATION_NAME)) {
            statement.setLong(1, oid);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                String name = Objects.requireNonNull(row.getString(1));
                relationNames.put(oid, name);
                return name;
            }
        }
    }

    private void put() throws SQLException {
        Savepoint before = destination.setSavepoint();
        try {
            insert();
        } catch (SQLException e) {
            if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw e;
            }
            destination.rollback(before);
            UniqueIndexes.read(destination, layout).clearWay(destination);
            insert();
        }
        destination.releaseSavepoint(before);
    }

    private void insert() throws SQLException {
        if (layout.hasKey()) {
            staging.upsert(destination);
        } else {
            staging.insert(destination);
        }
    }
}
