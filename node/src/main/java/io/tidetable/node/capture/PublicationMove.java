package io.tidetable.node.capture;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Lets tables join or leave one track's publication, or finds that they did. It may be asked for
 * again after any crash: it looks only under locks that an earlier attempt would hold until its
 * commit is visible.
 */
public final class PublicationMove {
    private static final String EXISTS =
            """
            SELECT 1 FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ?
            """;

    private static final Set<String> LOCK_NOT_HAD = Set.of("55P03", "40P01", "42P01");

    private final Publications publications;
    private final Duration lockTimeout;
    private final Faults faults;

    /**
     * Changes of the publications.
     *
     * @param lockTimeout how long one attempt may wait for a table's lock
     */
    public PublicationMove(Publications publications, Duration lockTimeout, Faults faults) {
        this.publications = publications;
        this.lockTimeout = lockTimeout;
        this.faults = faults;
    }

    /** What one attempt came to; where it throws instead, the source may have committed it. */
    public sealed interface Outcome {
        /** It is so now. */
        record Done() implements Outcome {}

        /** The locks were not had: this attempt changed nothing. */
        record Locked(SQLException why) implements Outcome {}

        /** Nothing was changed, and another attempt would fare no better. */
        record Refused(TidetableException why) implements Outcome {}
    }

    /**
     * One attempt to let tables join a track that ride another. Tables that are gone at the source
     * are left out.
     *
     * @param source in autocommit mode; to be closed where this throws
     * @param marker content of a logical message that commits with it
     */
    public Outcome join(Connection source, Set<TableId> tables, Track from, Track to, String marker)
            throws SQLException {
        return attempt(
                source,
                tables,
                statement -> {
                    Set<TableId> coming = new TreeSet<>(publications.members(source, from));
                    coming.retainAll(tables);
                    coming.removeAll(publications.members(source, to));
                    if (coming.isEmpty()) {
                        return false;
                    }
                    publications.alter(statement, to, "ADD", coming);
                    Publications.refuseUnusableIdentities(source, coming);
                    Publications.emit(source, marker);
                    return true;
                },
                FaultPoint.MOVE_ADDING,
                FaultPoint.MOVE_ADDED);
    }

    /** One attempt to let tables leave a track. */
    public Outcome leave(Connection source, Set<TableId> tables, Track from, String marker)
            throws SQLException {
        return attempt(
                source,
                tables,
                statement -> {
                    Set<TableId> leaving = new TreeSet<>(publications.members(source, from));
                    leaving.retainAll(tables);
                    if (leaving.isEmpty()) {
                        return false;
                    }
                    publications.alter(statement, from, "DROP", leaving);
                    Publications.emit(source, marker);
                    return true;
                },
                FaultPoint.MOVE_DROPPING,
                FaultPoint.MOVE_DROPPED);
    }

    /** What is changed under the locks. */
    private interface Change {
        /** False where there is nothing to do. */
        boolean make(Statement statement) throws SQLException;
    }

    private Outcome attempt(
            Connection source,
            Set<TableId> tables,
            Change change,
            FaultPoint changed,
            FaultPoint committed)
            throws SQLException {
        Set<TableId> existing = existing(source, tables);
        if (existing.isEmpty()) {
            return new Outcome.Done();
        }
        source.setAutoCommit(false);
        Outcome outcome;
        try (Statement statement = source.createStatement()) {
            outcome = underLocks(source, statement, existing, change, changed);
        }
        // Whatever it was, it was committed or rolled back: this commits nothing.
        source.setAutoCommit(true);
        faults.reach(committed);
        return outcome;
    }

    private Outcome underLocks(
            Connection source,
            Statement statement,
            Set<TableId> existing,
            Change change,
            FaultPoint changed)
            throws SQLException {
        try {
            lock(statement, existing);
        } catch (SQLException e) {
            source.rollback();
            return outcomeOf(e);
        }
        try {
            if (!change.make(statement)) {
                source.rollback();
                return new Outcome.Done();
            }
        } catch (SQLException e) {
            source.rollback();
            return LOCK_NOT_HAD.contains(e.getSQLState())
                    ? new Outcome.Locked(e)
                    : new Outcome.Refused(publications.refusal(e));
        } catch (TidetableException e) {
            source.rollback();
            return new Outcome.Refused(e);
        }
        faults.reach(changed);
        source.commit();
        return new Outcome.Done();
    }

    private static Outcome outcomeOf(SQLException e) throws SQLException {
        if (LOCK_NOT_HAD.contains(e.getSQLState()) || "42501".equals(e.getSQLState())) {
            return new Outcome.Locked(e);
        }
        throw e;
    }

    /** The same locks that changing a publication takes; writers are not kept waiting. */
    private void lock(Statement statement, Set<TableId> tables) throws SQLException {
        statement.execute("SET LOCAL lock_timeout = " + lockTimeout.toMillis());
        statement.execute(
                "LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE"
                        .formatted(
                                tables.stream()
                                        .map(table -> "ONLY " + table.quoted())
                                        .collect(Collectors.joining(", "))));
    }

    private static Set<TableId> existing(Connection source, Set<TableId> tables)
            throws SQLException {
        Set<TableId> existing = new TreeSet<>();
        try (PreparedStatement statement = source.prepareStatement(EXISTS)) {
            for (TableId table : tables) {
                statement.setString(1, table.namespace());
                statement.setString(2, table.name());
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        existing.add(table);
                    }
                }
            }
        }
        return existing;
    }
}
