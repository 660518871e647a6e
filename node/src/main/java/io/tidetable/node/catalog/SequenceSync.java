package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Carries the positions of sequences to a destination, never backwards, so that whoever writes
 * there after a cut-over draws values that the source never gave out. A sequence that belongs to a
 * column is found by its column, another by its name.
 */
public final class SequenceSync {
    /** Positions that the role may read; null where a sequence was never used. */
    private static final String POSITIONS =
            """
            SELECT n.nspname, c.relname, s.seqincrement, onsp.nspname AS owner_namespace,
                o.relname AS owner, a.attname AS owner_column,
                CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE')
                    THEN p.last_value END AS last_value
            FROM pg_catalog.pg_sequence s
                JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_sequences p
                    ON p.schemaname = n.nspname AND p.sequencename = c.relname
                LEFT JOIN pg_catalog.pg_depend d ON d.objid = c.oid
                    AND d.classid = 'pg_catalog.pg_class'::regclass
                    AND d.refclassid = 'pg_catalog.pg_class'::regclass
                    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
                LEFT JOIN pg_catalog.pg_class o ON o.oid = d.refobjid
                LEFT JOIN pg_catalog.pg_namespace onsp ON onsp.oid = o.relnamespace
                LEFT JOIN pg_catalog.pg_attribute a
                    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            """;

    private static final String MOVE = "SELECT pg_catalog.setval(?::pg_catalog.regclass, ?, true)";

    private SequenceSync() {}

    /**
     * A sequence of the destination that was moved.
     *
     * @param position the value given out last at the source
     */
    public record Moved(TableId sequence, long position) {}

    /** A sequence as one side has it now. */
    private record State(
            TableId id,
            long increment,
            SequenceDefinition.@Nullable OwnerColumn owner,
            @Nullable Long position) {
        boolean isBehind(long other) {
            return position == null || (increment > 0 ? position < other : position > other);
        }
    }

    /**
     * Moves the destination's sequences to where the source's are. Those never used at the source,
     * missing at the destination, or unreadable for the role stay as they are.
     *
     * @param sequences of the source
     * @throws SQLException when a position cannot be set
     */
    public static List<Moved> sync(
            Connection source, Connection destination, Collection<SequenceDefinition> sequences)
            throws SQLException {
        Map<TableId, State> at = new HashMap<>();
        states(source).forEach(state -> at.put(state.id(), state));
        Map<TableId, State> thereByName = new HashMap<>();
        Map<SequenceDefinition.OwnerColumn, State> thereByColumn = new HashMap<>();
        for (State state : states(destination)) {
            thereByName.put(state.id(), state);
            if (state.owner() != null) {
                thereByColumn.put(state.owner(), state);
            }
        }
        List<Moved> moved = new ArrayList<>();
        for (SequenceDefinition sequence : sequences) {
            State here = at.get(sequence.id());
            SequenceDefinition.OwnerColumn owner = sequence.owner();
            State there = owner == null ? null : thereByColumn.get(owner);
            if (there == null) {
                there = thereByName.get(sequence.id());
            }
            if (here == null || there == null) {
                continue;
            }
            Long position = here.position();
            if (position != null && there.isBehind(position)) {
                move(destination, there.id(), position);
                moved.add(new Moved(there.id(), position));
            }
        }
        return moved;
    }

    private static void move(Connection destination, TableId sequence, long position)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(MOVE)) {
            statement.setString(1, sequence.quoted());
            statement.setLong(2, position);
            statement.execute();
        }
    }

    private static List<State> states(Connection connection) throws SQLException {
        List<State> states = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(POSITIONS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                String owner = row.getString("owner");
                long position = row.getLong("last_value");
                boolean unused = row.wasNull();
                states.add(
                        new State(
                                new TableId(row.getString("nspname"), row.getString("relname")),
                                row.getLong("seqincrement"),
                                owner == null
                                        ? null
                                        : new SequenceDefinition.OwnerColumn(
                                                new TableId(
                                                        row.getString("owner_namespace"), owner),
                                                row.getString("owner_column")),
                                unused ? null : position));
            }
        }
        return states;
    }
}
