package io.tidetable.node.pushdown;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.capture.TrackNames;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.node.verify.SqlText;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Changes what the publications of a pipeline carry of a table, in one source transaction over all
 * tracks that it rides: the commit of that is the cut on every slot. It looks and changes under
 * locks of the table and its partitions, which keep no reader or writer waiting, so that no
 * identity can change in between. Publications that are not the pipeline's are not touched.
 */
public final class PartChange {
    private static final Set<String> LOCK_NOT_HAD = Set.of("55P03", "40P01", "42P01");
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** What another attempt would meet again: rights, and what PostgreSQL does not allow. */
    private static final Set<String> FINAL =
            Set.of(INSUFFICIENT_PRIVILEGE, "42P10", "0A000", "42601", "42P17", "42809", "22023");

    private final String pipeline;
    private final PublishedParts parts;
    private final Duration lockTimeout;
    private final Faults faults;

    /**
     * Changes of a pipeline's publications.
     *
     * @param lockTimeout how long one attempt may wait for a table's lock
     */
    public PartChange(String pipeline, Duration lockTimeout, Faults faults) {
        this.pipeline = pipeline;
        this.parts = new PublishedParts(pipeline);
        this.lockTimeout = lockTimeout;
        this.faults = faults;
    }

    /** What one attempt came to; where it throws instead, the source may have committed it. */
    public sealed interface Outcome {
        /**
         * It is so now.
         *
         * @param part what the publications carry; at least what was asked for, since there are
         *     limits to what may be left out
         * @param changed whether it was otherwise before
         */
        record Done(TableNeed part, boolean changed) implements Outcome {}

        /** The locks were not had: this attempt changed nothing. */
        record Locked(SQLException why) implements Outcome {}

        /** Nothing was changed, and another attempt would fare no better. */
        record Refused(TidetableException why) implements Outcome {}
    }

    /**
     * One attempt to let the publications carry all that is needed of a table, and all they did.
     *
     * @param source in autocommit mode; to be closed where this throws
     */
    public Outcome widen(Connection source, TableId table, TableNeed need) throws SQLException {
        return attempt(
                source,
                table,
                need,
                true,
                FaultPoint.PUBLICATION_WIDENING,
                FaultPoint.PUBLICATION_WIDENED);
    }

    /** One attempt to let the publications carry as little of a table as is needed and may be. */
    public Outcome set(Connection source, TableId table, TableNeed need) throws SQLException {
        return attempt(
                source,
                table,
                need,
                false,
                FaultPoint.PUBLICATION_NARROWING,
                FaultPoint.PUBLICATION_NARROWED);
    }

    private Outcome attempt(
            Connection source,
            TableId table,
            TableNeed need,
            boolean keep,
            FaultPoint changed,
            FaultPoint committed)
            throws SQLException {
        source.setAutoCommit(false);
        Outcome outcome;
        try (Statement statement = source.createStatement()) {
            outcome = underLocks(source, statement, table, need, keep, changed);
        }
        // Whatever it was, it was committed or rolled back: this commits nothing.
        source.setAutoCommit(true);
        if (outcome instanceof Outcome.Done(_, boolean hasChanged) && hasChanged) {
            faults.reach(committed);
        }
        return outcome;
    }

    private Outcome underLocks(
            Connection source,
            Statement statement,
            TableId table,
            TableNeed need,
            boolean keep,
            FaultPoint changed)
            throws SQLException {
        try {
            statement.execute("SET LOCAL lock_timeout = " + lockTimeout.toMillis());
            lock(statement, table);
            Map<Track, PublishedPart> now =
                    parts.read(source, List.of(table)).getOrDefault(table, Map.of());
            PushLimits limits = PushLimits.read(source, List.of(table)).get(table);
            if (now.isEmpty() || limits == null) {
                source.rollback();
                return new Outcome.Done(TableNeed.EVERYTHING, false);
            }
            TableNeed wanted = need;
            if (keep) {
                for (PublishedPart each : now.values()) {
                    wanted = wanted.with(each.part());
                }
            }
            TableNeed part = limits.allowed(wanted);
            Map<Track, PublishedPart> others = new EnumMap<>(now);
            others.values().removeIf(each -> each.is(part));
            if (others.isEmpty()) {
                source.rollback();
                return new Outcome.Done(part, false);
            }
            for (Track track : others.keySet()) {
                publish(statement, track, table, part);
            }
            faults.reach(changed);
            source.commit();
            return new Outcome.Done(part, true);
        } catch (SQLException e) {
            source.rollback();
            if (!LOCK_NOT_HAD.contains(e.getSQLState()) && !FINAL.contains(e.getSQLState())) {
                throw e;
            }
            return refusal(table, e);
        }
    }

    /** Partitions too: each has an identity of its own. */
    private static void lock(Statement statement, TableId table) throws SQLException {
        boolean partitioned;
        try (ResultSet row =
                statement.executeQuery(
                        "SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = %s::regclass"
                                .formatted(SqlText.literal(table.quoted())))) {
            partitioned = row.next() && row.getBoolean(1);
        }
        statement.execute(
                "LOCK TABLE %s%s IN SHARE UPDATE EXCLUSIVE MODE"
                        .formatted(partitioned ? "" : "ONLY ", table.quoted()));
    }

    private void publish(Statement statement, Track track, TableId table, TableNeed part)
            throws SQLException {
        String publication = TableId.quote(TrackNames.publication(pipeline, track));
        statement.execute(
                "ALTER PUBLICATION %s DROP TABLE ONLY %s".formatted(publication, table.quoted()));
        statement.execute(
                "ALTER PUBLICATION %s ADD TABLE ONLY %s%s%s"
                        .formatted(
                                publication,
                                table.quoted(),
                                list(part.columns()),
                                where(part.rows())));
    }

    private static String list(@Nullable SortedSet<String> columns) {
        return columns == null
                ? ""
                : columns.stream().map(TableId::quote).collect(Collectors.joining(", ", " (", ")"));
    }

    private static String where(RowCondition rows) {
        String filter = PublishedPart.filter(rows);
        return filter == null ? "" : " WHERE (" + filter + ")";
    }

    private Outcome refusal(TableId table, SQLException e) {
        if (LOCK_NOT_HAD.contains(e.getSQLState())) {
            return new Outcome.Locked(e);
        }
        String remedy =
                INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())
                        ? "let a role that owns the tables do it, or make the replication role a member of their owners"
                        : "set functional.push_down to false to have everything sent and the rest left out here";
        return new Outcome.Refused(
                new TidetableException(
                        "TT-237",
                        "what the publications of pipeline '%s' carry of %s could not be changed: %s; %s"
                                .formatted(pipeline, table, e.getMessage(), remedy),
                        e));
    }
}
