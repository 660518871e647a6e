package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replication slots of one pipeline at its source, one per track.
 *
 * <p>Order of a beginning: publication, then slot, then {@link Fence}, then snapshots. A slot reads
 * its publication as it was at each change, so a publication made later would be missing for the
 * first of them.
 */
public final class Slots {
    private static final Logger LOG = LoggerFactory.getLogger(Slots.class);

    /**
     * Columns that came with later versions are read by name, so that 14 to 18 have one statement.
     */
    private static final String STATE =
            """
            SELECT s.confirmed_flush_lsn::text, coalesce(s.wal_status, 'lost'),
                CASE
                    WHEN to_jsonb(s) ->> 'invalidation_reason' IS NOT NULL
                        THEN 'invalidated: ' || (to_jsonb(s) ->> 'invalidation_reason')
                    WHEN (to_jsonb(s) ->> 'conflicting')::boolean THEN 'invalidated: conflicting'
                    WHEN s.wal_status = 'lost' THEN 'the log it needs was removed'
                    WHEN s.plugin IS DISTINCT FROM 'pgoutput' THEN 'it is not a slot of pgoutput'
                    WHEN s.database IS DISTINCT FROM current_database()
                        THEN 'it belongs to database ' || coalesce(s.database, 'none')
                END,
                s.active_pid,
                coalesce(CASE WHEN pg_catalog.pg_is_in_recovery() THEN 0
                    ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)
                END, 0)::bigint
            FROM pg_catalog.pg_replication_slots s
            WHERE s.slot_name = ?
            """;

    private static final String DROP = "SELECT pg_catalog.pg_drop_replication_slot(?)";

    private static final String DUPLICATE = "42710";
    private static final String MISSING = "42704";
    private static final String TOO_MANY = "53400";

    private final String pipeline;
    private final Faults faults;

    public Slots(String pipeline, Faults faults) {
        this.pipeline = pipeline;
        this.faults = faults;
    }

    /** What the source says about the track's slot; empty if there is none. */
    public Optional<SlotState> state(Connection source, Track track) throws SQLException {
        return state(source, TrackNames.slot(pipeline, track));
    }

    /** Works on replication connections too. */
    static Optional<SlotState> state(Connection source, String slot) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(STATE)) {
            statement.setString(1, slot);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(state(rows, slot)) : Optional.empty();
            }
        }
    }

    private static SlotState state(ResultSet rows, String slot) throws SQLException {
        String confirmed = rows.getString(1);
        int pid = rows.getInt(4);
        OptionalInt activePid = rows.wasNull() ? OptionalInt.empty() : OptionalInt.of(pid);
        return new SlotState(
                slot,
                confirmed == null ? Lsn.ZERO : Lsn.parse(confirmed),
                rows.getString(2),
                Optional.ofNullable(rows.getString(3)),
                activePid,
                rows.getLong(5));
    }

    /**
     * Makes the track's slot. Waits until every transaction that runs at the source has ended; an
     * interrupt ends the waiting and leaves no slot.
     *
     * @return its consistent point: every commit above it will be sent, none below
     * @throws TidetableException TT-227 if the slot exists, TT-228 if the source has no place for
     *     it
     */
    public Lsn create(Database source, Track track) throws SQLException, InterruptedException {
        String slot = TrackNames.slot(pipeline, track);
        try (Connection connection =
                        source.connectForReplication("tidetable " + pipeline + " create slot");
                Statement statement = connection.createStatement()) {
            FutureTask<Lsn> creation = new FutureTask<>(() -> create(statement, slot));
            Thread creator =
                    Thread.ofVirtual().name("create-slot-" + track.label()).start(creation);
            try {
                Lsn consistentPoint = creation.get();
                LOG.info("slot created: slot={} consistentPoint={}", slot, consistentPoint);
                faults.reach(FaultPoint.SLOT_CREATED);
                return consistentPoint;
            } catch (ExecutionException e) {
                throw explained(e, slot);
            } catch (InterruptedException e) {
                statement.cancel();
                creator.join();
                dropIfMade(creation, source, track);
                throw e;
            }
        }
    }

    private static Lsn create(Statement statement, String slot) throws SQLException {
        try (ResultSet rows =
                statement.executeQuery(
                        "CREATE_REPLICATION_SLOT %s LOGICAL pgoutput EXPORT_SNAPSHOT"
                                .formatted(TableId.quote(slot)))) {
            rows.next();
            return Lsn.parse(rows.getString("consistent_point"));
        }
    }

    private void dropIfMade(FutureTask<Lsn> creation, Database source, Track track)
            throws SQLException {
        if (creation.state() == java.util.concurrent.Future.State.SUCCESS) {
            try (Connection connection = source.connect("tidetable drop slot")) {
                drop(connection, track);
            }
        }
    }

    private static SQLException explained(ExecutionException e, String slot) {
        if (!(e.getCause() instanceof SQLException cause)) {
            throw new IllegalStateException("slot " + slot + " could not be made", e.getCause());
        }
        if (DUPLICATE.equals(cause.getSQLState())) {
            throw new TidetableException(
                    "TT-227",
                    "replication slot %s already exists at the source, but nothing here says how far it was read; 'cleanup' removes it, then start again"
                            .formatted(slot),
                    cause);
        }
        if (TOO_MANY.equals(cause.getSQLState())) {
            throw new TidetableException(
                    "TT-228",
                    "replication slot %s could not be made: %s; raise max_replication_slots at the source or drop slots that nobody reads"
                            .formatted(slot, cause.getMessage()),
                    cause);
        }
        return cause;
    }

    /**
     * Removes the track's slot where it is there. Whoever reads it must have stopped.
     *
     * @return whether it was there
     */
    public boolean drop(Connection source, Track track) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(DROP)) {
            statement.setString(1, TrackNames.slot(pipeline, track));
            statement.execute();
            return true;
        } catch (SQLException e) {
            if (MISSING.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }
}
