package io.tidetable.node.journal;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import org.jspecify.annotations.Nullable;

/**
 * The committed transactions of some tables, in commit order, from when they are written: the
 * source sends again what was lost with the machine before it was durable. One reader at a time;
 * cheap enough that every lane of 10,000 has one.
 */
public interface TransactionFeed extends AutoCloseable {
    /**
     * The next transaction part without moving on, or null while nothing further is there.
     *
     * @throws JournalGapException when something behind the last part shown was freed meanwhile,
     *     because everybody who subscribes had released it
     */
    @Nullable TransactionPart peek();

    /** Moves past the part that {@link #peek} shows. */
    void advance();

    /**
     * Goes back or forward so that the next part is the first above the position.
     *
     * @throws JournalGapException when something above it is no longer in the journal
     */
    void seek(Position after);

    /**
     * Everything committed at the source up to here has been shown by this feed once {@link #peek}
     * returned null after this was read. At least {@link TrackJournal#durableEnd()}; ahead of it by
     * what is not durable yet and by positions without commits, known in this process only.
     */
    Lsn watermark();

    /**
     * Bytes of the parts not yet passed, exact once {@link #peek} was asked after a {@link #seek}.
     * The only method, with {@link #watermark}, that threads other than the reading one may call.
     */
    long backlogBytes();

    @Override
    void close();
}
