package io.tidetable.node.copy;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOperation;
import org.postgresql.copy.CopyOut;

/** Passes the rows of a {@code COPY .. TO STDOUT} on to a {@code COPY .. FROM STDIN}. */
public final class RowPump {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final CopyPace pace;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int filled;
    private long rows;
    private long bytes;

    /** A pump for one stream of rows. */
    public RowPump(CopyPace pace) {
        this.pace = pace;
    }

    /** Which side an error came from. */
    public static final class SideFailure extends Exception {
        private static final long serialVersionUID = 1;

        private final Side side;
        private final SQLException failure;

        SideFailure(Side side, SQLException cause) {
            super(cause.getMessage(), cause);
            this.side = side;
            failure = cause;
        }

        public Side side() {
            return side;
        }

        /** The database's own error. */
        public SQLException sqlException() {
            return failure;
        }
    }

    /** Rows that went through; right after {@link #run} returned true. */
    public long rows() {
        return rows;
    }

    /** Bytes that went through. */
    public long bytes() {
        return bytes;
    }

    /**
     * Moves all rows.
     *
     * @param read {@code COPY .. TO STDOUT}
     * @param write {@code COPY .. FROM STDIN} of the same format
     * @return false when the pace cancelled it; both transactions are then to be rolled back
     */
    public boolean run(Connection source, String read, Connection destination, String write)
            throws SideFailure, InterruptedException {
        CopyOut out = open(source, read, Side.SOURCE, CopyOut.class);
        CopyIn in;
        try {
            in = open(destination, write, Side.DESTINATION, CopyIn.class);
        } catch (SideFailure e) {
            cancel(out, e);
            throw e;
        }
        boolean finished = false;
        Exception failure = new InterruptedException("cancelled");
        try {
            finished = move(out, in);
            return finished;
        } catch (SideFailure | InterruptedException | RuntimeException e) {
            failure = e;
            throw e;
        } finally {
            if (!finished) {
                cancel(out, failure);
                cancel(in, failure);
            }
        }
    }

    private boolean move(CopyOut out, CopyIn in) throws SideFailure, InterruptedException {
        byte[] row = next(out);
        while (row != null) {
            rows++;
            bytes += row.length;
            if (row.length > buffer.length - filled && !flush(in)) {
                return false;
            }
            if (row.length > buffer.length) {
                if (!write(in, row, row.length)) {
                    return false;
                }
            } else {
                System.arraycopy(row, 0, buffer, filled, row.length);
                filled += row.length;
            }
            row = next(out);
        }
        if (!flush(in)) {
            return false;
        }
        long sent = out.getHandledRowCount();
        long written;
        try {
            written = in.endCopy();
        } catch (SQLException e) {
            throw new SideFailure(Side.DESTINATION, e);
        }
        if (sent != written) {
            throw new SideFailure(
                    Side.DESTINATION,
                    new SQLException(
                            "the source sent %d rows and the destination took %d; a trigger there may"
                                            .formatted(sent, written)
                                    + " swallow rows"));
        }
        rows = written;
        return true;
    }

    private static byte @Nullable [] next(CopyOut out) throws SideFailure {
        try {
            return out.readFromCopy();
        } catch (SQLException e) {
            throw new SideFailure(Side.SOURCE, e);
        }
    }

    private boolean flush(CopyIn in) throws SideFailure, InterruptedException {
        int length = filled;
        filled = 0;
        return length == 0 || write(in, buffer, length);
    }

    private boolean write(CopyIn in, byte[] data, int length)
            throws SideFailure, InterruptedException {
        if (pace.isCancelled()) {
            return false;
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted between two buffers of a copy");
        }
        pace.admit(length);
        try {
            in.writeToCopy(data, 0, length);
        } catch (SQLException e) {
            throw new SideFailure(Side.DESTINATION, e);
        }
        pace.progressed(rows, bytes);
        return true;
    }

    private static <T> T open(Connection connection, String sql, Side side, Class<T> kind)
            throws SideFailure {
        try {
            Object operation =
                    switch (side) {
                        case SOURCE ->
                                connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
                        case DESTINATION ->
                                connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
                    };
            return kind.cast(operation);
        } catch (SQLException e) {
            throw new SideFailure(side, e);
        }
    }

    private static void cancel(CopyOperation operation, Exception because) {
        try {
            if (operation.isActive()) {
                operation.cancelCopy();
            }
        } catch (SQLException e) {
            because.addSuppressed(e);
        }
    }
}
