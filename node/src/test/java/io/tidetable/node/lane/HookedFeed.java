package io.tidetable.node.lane;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import org.jspecify.annotations.Nullable;

/** A feed during one of whose looks another thread does something. */
final class HookedFeed implements TransactionFeed {
    private final TransactionFeed feed;
    private final Runnable hook;
    private int looks;

    /**
     * A feed.
     *
     * @param looks 1 for the first look
     */
    HookedFeed(TransactionFeed feed, int looks, Runnable hook) {
        this.feed = feed;
        this.looks = looks;
        this.hook = hook;
    }

    @Override
    public @Nullable TransactionPart peek() {
        if (--looks == 0) {
            Thread other = Thread.ofPlatform().start(hook);
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return feed.peek();
    }

    @Override
    public void advance() {
        feed.advance();
    }

    @Override
    public void seek(Position after) {
        feed.seek(after);
    }

    @Override
    public Lsn watermark() {
        return feed.watermark();
    }

    @Override
    public long backlogBytes() {
        return feed.backlogBytes();
    }

    @Override
    public void close() {
        feed.close();
    }
}
