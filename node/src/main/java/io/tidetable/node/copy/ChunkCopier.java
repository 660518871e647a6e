package io.tidetable.node.copy;

import io.tidetable.model.TidetableException;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Copies chunks of tables, one at a time: the rows and the mark that says so are committed at the
 * destination in one transaction. Keeps a session on either side between chunks. Not thread-safe;
 * each copying thread has its own.
 */
public final class ChunkCopier implements AutoCloseable {
    private static final String PURPOSE = "tidetable copy";
    private static final String UNIQUE_VIOLATION = "23505";
    private static final String UNDEFINED_TABLE = "42P01";
    private static final String UNDEFINED_COLUMN = "42703";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private static final String FILE_OF =
            """
            SELECT pg_catalog.pg_relation_filenode(pg_catalog.to_regclass(?))::bigint AS file
            """;

    private final Database destination;
    private final Faults faults;
    private @Nullable Connection reader;
    private @Nullable Database readFrom;
    private @Nullable Connection writer;

    /** A copier into a destination. */
    public ChunkCopier(Database destination, Faults faults) {
        this.destination = destination;
        this.faults = faults;
    }

    /** How rows are put into the table. */
    enum Mode {
        /** As new rows: all chunks are read under one snapshot. */
        LOAD,
        /** Over rows of the same key: chunks were read under several snapshots. */
        UPSERT
    }

    /** What is to be copied, and under what. */
    record Work(
            TableLayout layout,
            CopyLedger ledger,
            CopyChunk chunk,
            SnapshotHolder holder,
            Mode mode) {}

    ChunkOutcome copy(Work work, CopyPace pace) throws InterruptedException {
        Connection to;
        try {
            to = writer();
            if (!work.ledger().isOpen(to, work.chunk())) {
                to.rollback();
                return new ChunkOutcome.NotOurs();
            }
        } catch (SQLException e) {
            discardWriter(e);
            return new ChunkOutcome.DestinationFailed(e);
        }
        Connection from;
        try {
            from = reader(work.holder());
            work.holder().join(from);
        } catch (SQLException e) {
            discardReader(e);
            return new ChunkOutcome.SourceFailed(e);
        }
        ChunkOutcome outcome = null;
        try {
            outcome = copy(work, from, to, pace);
            return outcome;
        } catch (SQLException e) {
            discardWriter(e);
            return new ChunkOutcome.DestinationFailed(e);
        } catch (RowPump.SideFailure e) {
            return failure(e, work);
        } finally {
            if (!(outcome instanceof ChunkOutcome.Copied)) {
                rollBackWriter();
            }
            endReading();
        }
    }

    private ChunkOutcome copy(Work work, Connection from, Connection to, CopyPace pace)
            throws SQLException, RowPump.SideFailure, InterruptedException {
        TableLayout layout = work.layout();
        CopyChunk chunk = work.chunk();
        if (rewritten(from, chunk)) {
            return rewrittenOutcome(chunk);
        }
        StagingTable staging = new StagingTable(layout);
        String write =
                switch (work.mode()) {
                    case LOAD -> StagingTable.copyInto(layout.destination().quoted(), layout);
                    case UPSERT -> {
                        staging.create(to);
                        yield staging.copyIn();
                    }
                };
        RowPump pump = new RowPump(pace);
        if (!pump.run(from, readingOf(layout, chunk), to, write)) {
            return new ChunkOutcome.Cancelled();
        }
        // The lock that reading took keeps the file from changing until this transaction ends.
        if (rewritten(from, chunk)) {
            return rewrittenOutcome(chunk);
        }
        if (work.mode() == Mode.UPSERT) {
            staging.upsert(to);
        }
        faults.reach(FaultPoint.CHUNK_WRITTEN);
        if (!work.ledger()
                .markDone(to, chunk, work.holder().snapshot(), pump.rows(), pump.bytes())) {
            return new ChunkOutcome.NotOurs();
        }
        to.commit();
        faults.reach(FaultPoint.CHUNK_COMMITTED);
        return new ChunkOutcome.Copied(pump.rows(), pump.bytes());
    }

    private static String readingOf(TableLayout layout, CopyChunk chunk) {
        return "COPY (SELECT %s FROM ONLY %s WHERE %s) TO STDOUT%s"
                .formatted(
                        layout.sourceList(),
                        chunk.relation(),
                        chunk.condition(),
                        layout.binary() ? " (FORMAT binary)" : "");
    }

    private static ChunkOutcome rewrittenOutcome(CopyChunk chunk) {
        return new ChunkOutcome.SourceChanged(
                "%s was rewritten, truncated or dropped since its copy was planned"
                        .formatted(chunk.relation()));
    }

    /** Also asked before reading, since rows of a rewritten table may be of another type. */
    private static boolean rewritten(Connection from, CopyChunk chunk) throws RowPump.SideFailure {
        try (PreparedStatement statement = from.prepareStatement(FILE_OF)) {
            statement.setString(1, chunk.relation());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                Long file = row.getObject("file", Long.class);
                return file == null || file != chunk.relationFile();
            }
        } catch (SQLException e) {
            throw new RowPump.SideFailure(Side.SOURCE, e);
        }
    }

    private static ChunkOutcome failure(RowPump.SideFailure failure, Work work) {
        SQLException e = failure.sqlException();
        String state = String.valueOf(e.getSQLState());
        return switch (failure.side()) {
            case SOURCE ->
                    switch (state) {
                        case UNDEFINED_TABLE ->
                                new ChunkOutcome.SourceChanged(
                                        work.chunk().relation() + " is gone from the source");
                        case UNDEFINED_COLUMN ->
                                new ChunkOutcome.LayoutOutdated(String.valueOf(e.getMessage()));
                        case INSUFFICIENT_PRIVILEGE ->
                                throw new TidetableException(
                                        "TT-507",
                                        ("the source does not let this user read all rows of %s: %s; grant"
                                                        + " SELECT and, with row security, BYPASSRLS")
                                                .formatted(work.chunk().relation(), e.getMessage()),
                                        e);
                        default -> new ChunkOutcome.SourceFailed(e);
                    };
            case DESTINATION ->
                    state.equals(UNIQUE_VIOLATION)
                            ? new ChunkOutcome.Collided(e)
                            : new ChunkOutcome.DestinationFailed(e);
        };
    }

    private Connection writer() throws SQLException {
        Connection current = writer;
        if (current != null && !current.isClosed()) {
            return current;
        }
        Connection opened = destination.connect(PURPOSE);
        writer = opened;
        silenceTriggers(opened);
        opened.setAutoCommit(false);
        return opened;
    }

    /**
     * Keeps triggers and foreign keys of the session from acting on replicated rows, where the user
     * may do that.
     *
     * @param destination in autocommit mode
     * @return whether it was allowed
     */
    public static boolean silenceTriggers(Connection destination) throws SQLException {
        try (Statement statement = destination.createStatement()) {
            statement.execute("SET session_replication_role = replica");
            return true;
        } catch (SQLException e) {
            if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    private Connection reader(SnapshotHolder holder) throws SQLException {
        Connection current = reader;
        if (current != null && !current.isClosed() && holder.source().equals(readFrom)) {
            return current;
        }
        if (current != null) {
            current.close();
        }
        readFrom = holder.source();
        Connection opened = holder.openReader(PURPOSE);
        reader = opened;
        return opened;
    }

    private void endReading() {
        Connection current = reader;
        if (current != null) {
            try {
                current.rollback();
            } catch (SQLException e) {
                discardReader(e);
            }
        }
    }

    private void rollBackWriter() {
        Connection current = writer;
        if (current != null) {
            try {
                current.rollback();
            } catch (SQLException e) {
                discardWriter(e);
            }
        }
    }

    private void discardReader(SQLException because) {
        reader = discard(reader, because);
    }

    private void discardWriter(SQLException because) {
        writer = discard(writer, because);
    }

    private static @Nullable Connection discard(
            @Nullable Connection connection, SQLException because) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                because.addSuppressed(e);
            }
        }
        return null;
    }

    /** Ends both sessions. */
    @Override
    public void close() throws SQLException {
        Connection from = reader;
        Connection to = writer;
        reader = null;
        writer = null;
        try {
            if (from != null) {
                from.close();
            }
        } finally {
            if (to != null) {
                to.close();
            }
        }
    }
}
