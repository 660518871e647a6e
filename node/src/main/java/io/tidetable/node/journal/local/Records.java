package io.tidetable.node.journal.local;

import io.tidetable.node.journal.ChangeKind;

/** What stands in a segment file, told in order by {@link SegmentScanner}. */
interface Records {
    /** Versions of this layout; another one is refused. */
    int VERSION = 1;

    byte INSERT = 1;
    byte UPDATE = 2;
    byte DELETE = 3;
    byte TRUNCATE = 4;
    byte START = 16;
    byte CONTEXT = 17;
    byte CONTEXT_AT = 18;
    byte SHAPE = 19;
    byte COMMIT = 20;
    byte ABORT = 21;
    byte PASSED = 22;
    byte CONNECTED = 23;
    byte SEALED = 24;

    /**
     * The file begins.
     *
     * @param end the highest commit or position written before it
     * @param nextShape the first shape number not used before it
     */
    void start(long end, int nextShape);

    /** Open transactions are void. */
    void connected();

    /**
     * The following changes belong to it.
     *
     * @param address of the first of them
     */
    void context(long xid, long subxid, long address);

    /**
     * A change of the context's transaction.
     *
     * @param physical offset in the file
     * @param length of the whole record
     */
    void change(int shape, long address, int physical, int length);

    void shape(int number, byte[] encoded);

    /**
     * The transaction committed.
     *
     * @param from address from which on changes under its id are its own
     * @param aborted pairs of subtransaction and the address up to which it is void
     * @param physical offset in the file
     * @param length of the whole record
     */
    void commit(
            long xid,
            long commitEnd,
            long micros,
            long from,
            LongMap aborted,
            int physical,
            int length);

    /** The subtransaction's changes below the address are void. */
    void abort(long xid, long subxid, long address);

    void passed(long position);

    static byte type(ChangeKind kind) {
        return switch (kind) {
            case INSERT -> INSERT;
            case UPDATE -> UPDATE;
            case DELETE -> DELETE;
            case TRUNCATE -> TRUNCATE;
        };
    }

    static boolean isChange(byte type) {
        return type >= INSERT && type <= TRUNCATE;
    }

    static ChangeKind kind(byte type) {
        return switch (type) {
            case INSERT -> ChangeKind.INSERT;
            case UPDATE -> ChangeKind.UPDATE;
            case DELETE -> ChangeKind.DELETE;
            case TRUNCATE -> ChangeKind.TRUNCATE;
            default -> throw new IllegalArgumentException("no change has the type " + type);
        };
    }
}
