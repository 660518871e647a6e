package io.tidetable.node.apply;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.postgresql.copy.CopyIn;
import org.postgresql.jdbc.PgConnection;

/**
 * Rows on their way into a table in COPY's binary form, each value's bytes as the stream brought
 * them. {@link #finish} ends it; closing an unfinished one cancels it.
 */
final class BinaryCopy implements AutoCloseable {
    private static final byte[] HEADER = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
    };

    private final CopyIn copy;
    private final byte[] buffer = new byte[1 << 16];
    private final ByteBuffer view = ByteBuffer.wrap(buffer);

    private BinaryCopy(CopyIn copy) {
        this.copy = copy;
        view.put(HEADER);
    }

    /**
     * Begins one.
     *
     * @param sql a COPY .. FROM STDIN (FORMAT binary)
     */
    static BinaryCopy begin(Connection connection, String sql) throws SQLException {
        return new BinaryCopy(connection.unwrap(PgConnection.class).getCopyAPI().copyIn(sql));
    }

    void row(int fields) throws SQLException {
        room(2);
        view.putShort((short) fields);
    }

    void integer(int value) throws SQLException {
        room(8);
        view.putInt(4).putInt(value);
    }

    void bigint(long value) throws SQLException {
        room(12);
        view.putInt(8).putLong(value);
    }

    void nothing() throws SQLException {
        room(4);
        view.putInt(-1);
    }

    void values(List<PlannedColumn> columns, RowImage image) throws SQLException {
        for (int i = 0; i < columns.size(); i++) {
            value(columns.get(i), image);
        }
    }

    /** A column's value: NULL, in binary form, or, for a column of type text, its text. */
    private void value(PlannedColumn column, RowImage image) throws SQLException {
        int index = column.index();
        if (image.isNull(index)) {
            nothing();
            return;
        }
        int length = image.length(index);
        room(4);
        view.putInt(length);
        if (!column.translator().isIdentity()
                && image.kind(index) == io.tidetable.node.pgoutput.TupleReader.BINARY) {
            byte[] bytes = image.value(index);
            column.translator().rewrite(bytes, 0, length);
            send(bytes);
            return;
        }
        for (int done = 0; done < length; ) {
            room(1);
            int part = Math.min(length - done, view.remaining());
            image.copy(index, done, buffer, view.position(), part);
            view.position(view.position() + part);
            done += part;
        }
    }

    private void send(byte[] bytes) throws SQLException {
        bytes(bytes, 0, bytes.length);
    }

    /** Bytes that are in COPY's form already. */
    void bytes(byte[] from, int offset, int count) throws SQLException {
        for (int done = 0; done < count; ) {
            room(1);
            int part = Math.min(count - done, view.remaining());
            view.put(from, offset + done, part);
            done += part;
        }
    }

    private void room(int bytes) throws SQLException {
        if (view.remaining() < bytes) {
            flush();
        }
    }

    private void flush() throws SQLException {
        copy.writeToCopy(buffer, 0, view.position());
        view.clear();
    }

    /** Ends it and says how many rows the table took. */
    long finish() throws SQLException {
        room(2);
        view.putShort((short) -1);
        flush();
        return copy.endCopy();
    }

    @Override
    public void close() throws SQLException {
        if (copy.isActive()) {
            copy.cancelCopy();
        }
    }
}
