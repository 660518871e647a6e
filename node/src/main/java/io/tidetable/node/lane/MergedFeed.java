package io.tidetable.node.lane;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Two tracks read as one, by commit position. A transaction is shown only when both tracks have
 * reached it, and one that came in two parts, with the same commit position, is shown as one: the
 * first track's part before the second's.
 */
final class MergedFeed implements TransactionFeed {
    private final TransactionFeed first;
    private final TransactionFeed second;
    private @Nullable TransactionPart next;

    MergedFeed(TransactionFeed first, TransactionFeed second) {
        this.first = first;
        this.second = second;
    }

    @Override
    public @Nullable TransactionPart peek() {
        if (next == null) {
            next = choose();
        }
        return next;
    }

    /** A track that shows nothing is known to hold nothing up to the watermark read before. */
    private @Nullable TransactionPart choose() {
        Lsn firstPassed = first.watermark();
        Lsn secondPassed = second.watermark();
        TransactionPart one = first.peek();
        TransactionPart other = second.peek();
        if (one == null) {
            return other != null && firstPassed.isAtOrAfter(other.position().commitEnd())
                    ? other
                    : null;
        }
        if (other == null) {
            return secondPassed.isAtOrAfter(one.position().commitEnd()) ? one : null;
        }
        int order = one.position().compareTo(other.position());
        if (order == 0) {
            return new Joined(one, other);
        }
        return order < 0 ? one : other;
    }

    @Override
    public void advance() {
        TransactionPart passed = peek();
        if (passed == null) {
            throw new IllegalStateException("nothing to move past");
        }
        next = null;
        advancePast(first, passed.position());
        advancePast(second, passed.position());
    }

    private static void advancePast(TransactionFeed feed, Position position) {
        TransactionPart part = feed.peek();
        if (part != null && part.position().compareTo(position) == 0) {
            feed.advance();
        }
    }

    @Override
    public void seek(Position after) {
        next = null;
        first.seek(after);
        second.seek(after);
    }

    @Override
    public Lsn watermark() {
        return Lsn.min(first.watermark(), second.watermark());
    }

    @Override
    public long backlogBytes() {
        return first.backlogBytes() + second.backlogBytes();
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }

    /** One source transaction that came over both tracks. */
    private record Joined(TransactionPart one, TransactionPart other) implements TransactionPart {
        @Override
        public Position position() {
            return one.position();
        }

        @Override
        public Instant committedAt() {
            return one.committedAt();
        }

        @Override
        public long bytes() {
            return one.bytes() + other.bytes();
        }

        @Override
        public ChangeCursor changes() {
            return new Chained(one.changes(), other.changes());
        }
    }

    private static final class Chained implements ChangeCursor {
        private ChangeCursor current;
        private @Nullable ChangeCursor rest;

        Chained(ChangeCursor current, ChangeCursor rest) {
            this.current = current;
            this.rest = rest;
        }

        @Override
        public boolean next() {
            if (current.next()) {
                return true;
            }
            if (rest == null) {
                return false;
            }
            current = rest;
            rest = null;
            return current.next();
        }

        @Override
        public ChangeKind kind() {
            return current.kind();
        }

        @Override
        public TableShape shape() {
            return current.shape();
        }

        @Override
        public ByteBuffer payload() {
            return current.payload();
        }
    }
}
