package io.tidetable.node.types;

/**
 * The one value that PostgreSQL sends in a binary form which it does not take back: a tsquery
 * without operands. Its text form is empty.
 */
public final class EmptyQuery {
    /** The OID of tsquery. */
    public static final int TSQUERY = 3615;

    /** Bytes of its binary form, all zero: the number of operands. */
    public static final int LENGTH = 4;

    private EmptyQuery() {}
}
