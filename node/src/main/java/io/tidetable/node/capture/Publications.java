package io.tidetable.node.capture;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publications of one pipeline at its source, one per track. Whatever changes, changes in one
 * source transaction over all tracks, so that its commit record is the cut on every slot.
 *
 * <p>Never publishes a table without a usable replica identity: PostgreSQL would from then on
 * refuse the application's own updates of it.
 */
public final class Publications {
    private static final Logger LOG = LoggerFactory.getLogger(Publications.class);

    private static final String EXISTS =
            "SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = ?";

    private static final String MEMBERS =
            """
            SELECT n.nspname, c.relname
            FROM pg_catalog.pg_publication p
            JOIN pg_catalog.pg_publication_rel m ON m.prpubid = p.oid
            JOIN pg_catalog.pg_class c ON c.oid = m.prrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE p.pubname = ?
            """;

    /**
     * What binds the tables to the publication. Whoever takes one out and puts it back makes
     * another membership; whoever alters the publication itself writes it anew, as its next owner
     * does.
     */
    private static final String BONDS =
            """
            SELECT n.nspname, c.relname, concat_ws(':', p.oid, m.oid, m.xmin,
                p.pubinsert::int, p.pubupdate::int, p.pubdelete::int, p.pubtruncate::int,
                p.pubviaroot::int, p.pubowner, p.xmin)
            FROM pg_catalog.pg_publication p
            JOIN pg_catalog.pg_publication_rel m ON m.prpubid = p.oid
            JOIN pg_catalog.pg_class c ON c.oid = m.prrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE p.pubname = ?
            """;

    /** Of a bond, what stands at its end: the publication's owner, and who last wrote it. */
    private static final int OWNER_AND_WRITER = 2;

    private static final String IS_ALTERED =
            """
            SELECT FROM pg_catalog.pg_publication WHERE pubname = ?
            AND NOT (pubinsert AND pubupdate AND pubdelete AND pubtruncate AND pubviaroot)
            """;

    /** Of the given tables, those that are not there under their name. */
    private static final String ABSENT =
            """
            SELECT w.namespace, w.name FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
            WHERE NOT EXISTS (
                SELECT FROM pg_catalog.pg_namespace n
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
                WHERE n.nspname = w.namespace AND c.relkind IN ('r', 'p'))
            """;

    /** Of the given tables, those that are there and that the publication does not have. */
    private static final String UNPUBLISHED =
            """
            SELECT n.nspname, c.relname
            FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
            JOIN pg_catalog.pg_namespace n ON n.nspname = w.namespace
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
            WHERE c.relkind IN ('r', 'p') AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_publication_rel m
                JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid
                WHERE m.prrelid = c.oid AND p.pubname = ?)
            """;

    /**
     * Of the given tables and all their partitions, those whose updates PostgreSQL would refuse
     * once published, with the reason. A deferrable key is no identity; neither is one with a
     * generated column, which is not published.
     */
    private static final String UNUSABLE_IDENTITY =
            """
            WITH wanted AS (
                SELECT n.nspname || '.' || c.relname AS wanted, c.oid AS root
                FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
                JOIN pg_catalog.pg_namespace n ON n.nspname = w.namespace
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
            ), member AS (
                SELECT wanted, root AS relation FROM wanted
                UNION
                SELECT wanted, t.relid FROM wanted, pg_catalog.pg_partition_tree(root) t
            )
            SELECT member.wanted, c.oid::regclass::text, c.relreplident::text
            FROM member
            JOIN pg_catalog.pg_class c ON c.oid = member.relation
            WHERE c.relreplident <> 'f'
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate AND i.indisunique
                AND ((c.relreplident = 'd' AND i.indisprimary)
                    OR (c.relreplident = 'i' AND i.indisreplident))
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey) AND a.attgenerated <> ''))
            ORDER BY 1, 2
            """;

    private static final String EMIT_MARKER =
            "SELECT pg_catalog.pg_logical_emit_message(true, ?, ?)";

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String DEADLOCK = "40P01";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String DUPLICATE = "42710";

    private final String pipeline;
    private final Duration lockTimeout;
    private final int attempts;

    /**
     * The publications of a pipeline.
     *
     * @param lockTimeout how long one attempt may wait for a table's lock
     * @param attempts how often a change is tried before it fails
     */
    public Publications(String pipeline, Duration lockTimeout, int attempts) {
        this.pipeline = pipeline;
        this.lockTimeout = lockTimeout;
        this.attempts = attempts;
    }

    /** Waits up to 2 seconds for locks, 15 times. */
    public Publications(String pipeline) {
        this(pipeline, Duration.ofSeconds(2), 15);
    }

    /**
     * Makes the track's publication, without tables, where it is missing.
     *
     * @param source in autocommit mode
     * @return whether it was missing
     */
    public boolean create(Connection source, Track track) throws SQLException {
        if (exists(source, track)) {
            return false;
        }
        try (Statement statement = source.createStatement()) {
            statement.execute(
                    "CREATE PUBLICATION %s WITH (publish_via_partition_root = true)"
                            .formatted(quotedName(track)));
            return true;
        } catch (SQLException e) {
            if (DUPLICATE.equals(e.getSQLState())) {
                return false;
            }
            throw explained(e, "created");
        }
    }

    /** Whether the track's publication is there. */
    public boolean exists(Connection source, Track track) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(EXISTS)) {
            statement.setString(1, TrackNames.publication(pipeline, track));
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    /** The tables that the track's publication has now; none if there is no publication. */
    public Set<TableId> members(Connection source, Track track) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(MEMBERS)) {
            statement.setString(1, TrackNames.publication(pipeline, track));
            return tables(statement);
        }
    }

    /** The tables that the track's publication has now, each with what binds it. */
    public Map<TableId, String> bonds(Connection source, Track track) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(BONDS)) {
            statement.setString(1, TrackNames.publication(pipeline, track));
            try (ResultSet row = statement.executeQuery()) {
                Map<TableId, String> bonds = new HashMap<>();
                while (row.next()) {
                    bonds.put(new TableId(row.getString(1), row.getString(2)), row.getString(3));
                }
                return bonds;
            }
        }
    }

    /** What binds a table to the track's publication; null where it is not in it. */
    public @Nullable String bond(Connection source, Track track, TableId table)
            throws SQLException {
        try (PreparedStatement statement =
                source.prepareStatement(BONDS + " AND n.nspname = ? AND c.relname = ?")) {
            statement.setString(1, TrackNames.publication(pipeline, track));
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(3) : null;
            }
        }
    }

    /**
     * Whether nothing of a table was missed between two looks at its bond. That the publication was
     * given to another owner is no reason to think so.
     */
    public static boolean isSameBond(String before, String now) {
        List<String> old = List.of(before.split(":", -1));
        List<String> young = List.of(now.split(":", -1));
        int end = old.size() - OWNER_AND_WRITER;
        return before.equals(now)
                || (old.size() == young.size()
                        && old.subList(0, end).equals(young.subList(0, end))
                        && !old.get(end).equals(young.get(end)));
    }

    /** Lets the track's publication carry every kind of change again, where somebody altered it. */
    public void restore(Connection source, Track track) throws SQLException {
        try (PreparedStatement look = source.prepareStatement(IS_ALTERED);
                Statement statement = source.createStatement()) {
            look.setString(1, TrackNames.publication(pipeline, track));
            try (ResultSet rows = look.executeQuery()) {
                if (!rows.next()) {
                    return;
                }
            }
            statement.execute(
                    "ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)"
                            .formatted(quotedName(track)));
        } catch (SQLException e) {
            throw explained(e, "altered");
        }
    }

    /**
     * Which of the tables exist but are not in the track's publication. For a table that was in it,
     * it means that it was taken out or replaced, and that changes of it were missed.
     */
    public Set<TableId> unpublished(Connection source, Track track, Collection<TableId> tables)
            throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(UNPUBLISHED)) {
            TextArrays.setNames(statement, 1, tables);
            statement.setString(3, TrackNames.publication(pipeline, track));
            return tables(statement);
        }
    }

    /**
     * Which of the tables now go by other names, so that their changes come under those: none while
     * the publications have no table but these.
     */
    public Set<TableId> renamed(Connection source, Collection<TableId> tables) throws SQLException {
        Set<TableId> strangers = new TreeSet<>();
        for (Track track : Track.values()) {
            strangers.addAll(members(source, track));
        }
        strangers.removeAll(Set.copyOf(tables));
        if (strangers.isEmpty()) {
            return Set.of();
        }
        try (PreparedStatement statement = source.prepareStatement(ABSENT)) {
            TextArrays.setNames(statement, 1, tables);
            return tables(statement);
        }
    }

    private static Set<TableId> tables(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            Set<TableId> tables = new TreeSet<>();
            while (rows.next()) {
                tables.add(new TableId(rows.getString(1), rows.getString(2)));
            }
            return tables;
        }
    }

    /**
     * Changes publications in one source transaction. Added tables must pass the {@link Fence}
     * before a snapshot of them counts.
     *
     * @param source in autocommit mode
     * @param marker content of a logical message that commits with the change; null for none
     * @throws TidetableException TT-231 if a table's replica identity is not usable, TT-236 if
     *     changes of a column could not be sent, TT-232 if the role may not, TT-233 if a lock was
     *     not had
     */
    public void change(
            Connection source, Collection<PublicationChange> changes, @Nullable String marker)
            throws SQLException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                changeOnce(source, changes, marker);
                return;
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())
                        && !DEADLOCK.equals(e.getSQLState())) {
                    throw explained(e, "changed");
                }
                if (attempt >= attempts) {
                    throw new TidetableException(
                            "TT-233",
                            "the publications of pipeline '%s' could not be changed: %s; %d attempts of %d ms each did not get the lock, see pg_locks for who holds it, the change can be asked for again"
                                    .formatted(
                                            pipeline,
                                            e.getMessage(),
                                            attempts,
                                            lockTimeout.toMillis()),
                            e);
                }
                LOG.info(
                        "publication change waits for a lock: pipeline={} attempt={} reason={}",
                        pipeline,
                        attempt,
                        e.getMessage());
                Thread.sleep(lockTimeout.dividedBy(4));
            }
        }
    }

    private void changeOnce(
            Connection source, Collection<PublicationChange> changes, @Nullable String marker)
            throws SQLException {
        source.setAutoCommit(false);
        try (Statement statement = source.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = " + lockTimeout.toMillis());
            for (PublicationChange change : changes) {
                alter(statement, change.track(), "DROP", change.dropped());
            }
            for (PublicationChange change : changes) {
                alter(statement, change.track(), "ADD", change.added());
            }
            // Under the locks just taken, so that no key can be dropped between look and commit.
            refuseUnusableIdentities(
                    source, changes.stream().flatMap(change -> change.added().stream()).toList());
            if (marker != null) {
                emit(source, marker);
            }
            source.commit();
        } catch (SQLException | RuntimeException e) {
            source.rollback();
            throw e;
        } finally {
            source.setAutoCommit(true);
        }
    }

    /** Adds tables to a track's publication or drops them, in the open transaction. */
    void alter(Statement statement, Track track, String verb, Set<TableId> tables)
            throws SQLException {
        if (tables.isEmpty()) {
            return;
        }
        String list = tables.stream().map(TableId::quoted).collect(Collectors.joining(", "));
        statement.execute(
                "ALTER PUBLICATION %s %s TABLE %s".formatted(quotedName(track), verb, list));
    }

    /** Refuses tables whose updates PostgreSQL would refuse once they are published. */
    static void refuseUnusableIdentities(Connection source, Collection<TableId> added)
            throws SQLException {
        if (added.isEmpty()) {
            return;
        }
        UnsendableColumns.refuse(source, added);
        List<String> unusable = new ArrayList<>();
        try (PreparedStatement statement = source.prepareStatement(UNUSABLE_IDENTITY)) {
            TextArrays.setNames(statement, 1, added);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    unusable.add(
                            "%s (at %s, replica identity '%s')"
                                    .formatted(
                                            rows.getString(1),
                                            rows.getString(2),
                                            rows.getString(3)));
                }
            }
        }
        if (!unusable.isEmpty()) {
            throw new TidetableException(
                    "TT-231",
                    "not published, because PostgreSQL would then refuse the application's own updates and deletes: %s; give them a primary key or ALTER TABLE .. REPLICA IDENTITY FULL, or leave them out"
                            .formatted(String.join(", ", unusable)));
        }
    }

    /** Writes one of our logical messages in the connection's open transaction. */
    static void emit(Connection source, String content) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(EMIT_MARKER)) {
            statement.setString(1, LogicalMessage.PREFIX);
            statement.setString(2, content);
            statement.execute();
        }
    }

    /** Removes the track's publication where it is there. */
    public void drop(Connection source, Track track) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute("DROP PUBLICATION IF EXISTS " + quotedName(track));
        } catch (SQLException e) {
            throw explained(e, "dropped");
        }
    }

    private String quotedName(Track track) {
        return TableId.quote(TrackNames.publication(pipeline, track));
    }

    /** Why publications cannot be changed, for people. */
    TidetableException refusal(SQLException e) {
        try {
            return new TidetableException(
                    "TT-234",
                    "the publications of pipeline '%s' could not be changed: %s"
                            .formatted(pipeline, explained(e, "changed").getMessage()),
                    e);
        } catch (TidetableException known) {
            return known;
        }
    }

    private SQLException explained(SQLException e, String verb) {
        if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
            throw new TidetableException(
                    "TT-232",
                    "the publications of pipeline '%s' could not be %s: %s; let a role that owns the tables do it ('check' prints the SQL), or make the replication role a member of their owners"
                            .formatted(pipeline, verb, e.getMessage()),
                    e);
        }
        return e;
    }
}
