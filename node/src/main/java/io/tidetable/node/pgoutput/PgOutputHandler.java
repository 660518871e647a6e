package io.tidetable.node.pgoutput;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableShape;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * Receives what the messages of a change stream say, in order. Transaction ids are PostgreSQL's 32
 * bits, to be taken unsigned. Where a method has an {@code xid} besides others, it is the
 * (sub)transaction of the change inside a stream block, and 0 outside of one.
 *
 * <p>Buffers belong to the message: they are to be used or copied before the call returns.
 */
public interface PgOutputHandler {
    /**
     * A committed transaction begins.
     *
     * @param commit where its commit record begins
     */
    void begin(Lsn commit, Instant committedAt, int xid);

    /**
     * The transaction begun is complete.
     *
     * @param commit where its commit record begins
     * @param commitEnd where its commit record ends
     */
    void commit(Lsn commit, Lsn commitEnd, Instant committedAt);

    /** The shape of a table, before its first change and again whenever it may have changed. */
    void relation(int xid, TableShape shape);

    /** A row was inserted. */
    void insert(int xid, int relationOid, ByteBuffer payload);

    /** A row was updated. */
    void update(int xid, int relationOid, ByteBuffer payload);

    /** A row was deleted. */
    void delete(int xid, int relationOid, ByteBuffer payload);

    /**
     * Tables were truncated together.
     *
     * @param options one byte: 1 cascade, 2 restart identity
     */
    void truncate(int xid, int[] relationOids, ByteBuffer options);

    /**
     * A program wrote a logical message.
     *
     * @param transactional whether it belongs to the transaction around it
     */
    void message(int xid, boolean transactional, Lsn position, String prefix, ByteBuffer content);

    /**
     * A block of changes of a transaction in progress begins.
     *
     * @param xid the top-level transaction
     * @param first whether it is the transaction's first block
     */
    void streamStart(int xid, boolean first);

    /** The block ends. */
    void streamStop();

    /** A transaction that came in blocks committed. */
    void streamCommit(int xid, Lsn commit, Lsn commitEnd, Instant committedAt);

    /** A subtransaction of one that comes in blocks rolled back, or the whole if both are equal. */
    void streamAbort(int xid, int subxid);
}
