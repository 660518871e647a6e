package io.tidetable.node.journal;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableShape;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * The writing end of one track's journal, used by that track's capture thread alone. Calls return
 * before anything is durable; a commit becomes visible to feeds with the next flush at the latest.
 *
 * <p>Transaction ids are 64-bit. Chunks of streamed transactions are kept under (connection,
 * top-level id, subtransaction id) and void unless their commit follows on the same connection.
 */
public interface TrackWriter {
    /**
     * A connection to the source was (re)made: what was written of transactions that are open now
     * is void, shape numbers begin anew. Commits already written stay, synced or not.
     */
    void connected();

    /**
     * Announces a shape, before the first change that has it.
     *
     * @return its number, for {@link #change} and {@link #streamedChange}
     */
    int shape(TableShape shape);

    /**
     * Begins a transaction that arrives whole. Until its commit only change, flush and room may
     * follow, or {@link #connected}, which voids it.
     */
    void begin(long xid);

    /**
     * One change of the transaction begun.
     *
     * @param payload as {@link ChangeCursor#payload()} describes; read from its position to its
     *     limit and copied
     */
    void change(ChangeKind kind, int shape, ByteBuffer payload);

    /**
     * Commits the transaction begun. One without changes only moves the watermark.
     *
     * @param committedAt kept to the microsecond
     */
    void commit(Lsn commitEnd, Instant committedAt);

    /** One change of a transaction that is still open at the source. */
    void streamedChange(long xid, long subxid, ChangeKind kind, int shape, ByteBuffer payload);

    /** A subtransaction was rolled back, or the whole when both ids are equal. */
    void streamAbort(long xid, long subxid);

    /** A streamed transaction committed. */
    void streamCommit(long xid, Lsn commitEnd, Instant committedAt);

    /** Every commit of this track at or below the position was received before this call. */
    void passed(Lsn position);

    /**
     * Nothing more is at hand just now: makes what is buffered readable and has it synced soon,
     * without waiting for that. Called at the latest each few milliseconds, in the middle of a
     * transaction too: commits before it must not wait for its end.
     */
    void flush();

    /** Whether more may be written; while not, capture reads nothing. */
    Room room();

    /** What the space bounds allow. */
    enum Room {
        FREE,
        /** At the bound: wait. Frees itself when lanes move on. */
        FULL,
        /**
         * At the disk reserve and only open transactions are in the way: waiting would not help.
         * Capture reconnects with streaming off, so that the source spills them instead.
         */
        OPEN_TRANSACTIONS_TOO_LARGE
    }
}
