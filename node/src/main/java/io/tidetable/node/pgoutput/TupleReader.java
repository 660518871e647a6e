package io.tidetable.node.pgoutput;

import java.nio.ByteBuffer;

/**
 * Walks over the tuples of one row change and over their columns, in place: nothing is copied and
 * nothing allocated. Made once and reset for each change.
 *
 * <p>{@code reset(payload)} puts it before the first tuple, {@link #nextTuple} on each tuple in
 * turn, {@link #next} on each of its columns. Every length is checked against the buffer, so that
 * damaged bytes end in one {@link DamagedMessageException}. Not thread-safe.
 */
public final class TupleReader {
    /** A tuple of the row as it is after the change. */
    public static final char NEW = 'N';

    /** A tuple with the replica identity's columns of the row before the change, others null. */
    public static final char KEY = 'K';

    /** A tuple with the whole row before the change, of a table with replica identity full. */
    public static final char OLD = 'O';

    /** A column that is null. */
    public static final char NULL = 'n';

    /** A column whose stored-aside (TOAST) value did not change and was not sent. */
    public static final char UNCHANGED = 'u';

    /** A column in PostgreSQL's text form. */
    public static final char TEXT = 't';

    /** A column in PostgreSQL's binary form. */
    public static final char BINARY = 'b';

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private ByteBuffer buffer = NOTHING;
    private int here;
    private int columnsLeft;
    private int columns;
    private char tuple;
    private char kind;
    private int offset;
    private int length;

    /**
     * Puts it before the first tuple of a change's payload, as {@code ChangeCursor.payload()}
     * describes it. The buffer's position is left alone.
     */
    public void reset(ByteBuffer payload) {
        buffer = payload;
        here = payload.position();
        columns = 0;
        columnsLeft = 0;
    }

    /**
     * Moves to the next tuple, past columns that were not looked at; false at the end.
     *
     * @throws DamagedMessageException when what follows is no tuple
     */
    public boolean nextTuple() {
        boolean inTuple = true;
        while (inTuple) {
            inTuple = next();
        }
        if (here == buffer.limit()) {
            return false;
        }
        if (buffer.limit() - here < 3) {
            throw damaged("a tuple's header is cut off");
        }
        tuple = (char) (buffer.get(here) & 0xFF);
        if (tuple != NEW && tuple != KEY && tuple != OLD) {
            throw damaged("a tuple begins with byte " + (int) tuple);
        }
        columns = buffer.getShort(here + 1) & 0xFFFF;
        columnsLeft = columns;
        here += 3;
        return true;
    }

    /** Which tuple it is on: {@link #NEW}, {@link #KEY} or {@link #OLD}. */
    public char tuple() {
        return tuple;
    }

    /** How many columns the tuple has. */
    public int columns() {
        return columns;
    }

    /**
     * Moves to the tuple's next column; false after the last.
     *
     * @throws DamagedMessageException when what follows is no column
     */
    public boolean next() {
        if (columnsLeft == 0) {
            return false;
        }
        int left = buffer.limit() - here;
        if (left < 1) {
            throw damaged("%d columns are missing".formatted(columnsLeft));
        }
        kind = (char) (buffer.get(here) & 0xFF);
        if (kind == NULL || kind == UNCHANGED) {
            offset = here + 1;
            length = 0;
        } else if (kind == TEXT || kind == BINARY) {
            if (left < 5) {
                throw damaged("a column's length is cut off");
            }
            offset = here + 5;
            length = buffer.getInt(here + 1);
            if (length < 0 || length > left - 5) {
                throw damaged("a column claims %d bytes, %d are left".formatted(length, left - 5));
            }
        } else {
            throw damaged("a column has kind " + (int) kind);
        }
        here = offset + length;
        columnsLeft--;
        return true;
    }

    /** The column's kind: {@link #NULL}, {@link #UNCHANGED}, {@link #TEXT} or {@link #BINARY}. */
    public char kind() {
        return kind;
    }

    /** Where the column's value begins, as an absolute index into the buffer. */
    public int offset() {
        return offset;
    }

    /** Bytes of the column's value; 0 for null and unchanged. */
    public int length() {
        return length;
    }

    private DamagedMessageException damaged(String what) {
        return new DamagedMessageException(what + " (byte " + here + " of " + buffer.limit() + ")");
    }
}
