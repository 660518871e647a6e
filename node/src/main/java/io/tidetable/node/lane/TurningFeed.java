package io.tidetable.node.lane;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import org.jspecify.annotations.Nullable;

/**
 * The changes of tables that go from one track to another: up to the turn those of the old track,
 * beyond it those of the new one. Each track carries the transactions on its side of the turn
 * whole, and perhaps some on the other side, which are left out.
 */
final class TurningFeed implements TransactionFeed {
    private final TransactionFeed before;
    private final TransactionFeed after;
    private final Position turn;

    /** Whether all up to the turn was shown: then the old track may free what it has beyond. */
    private volatile boolean turned;

    TurningFeed(TransactionFeed before, TransactionFeed after, Lsn turn) {
        this.before = before;
        this.after = after;
        this.turn = new Position(turn, 0);
    }

    @Override
    public @Nullable TransactionPart peek() {
        if (!turned) {
            // Read first: what the old track shows then is all that it has up to there.
            Lsn passed = before.watermark();
            TransactionPart old = before.peek();
            if (old != null && !old.position().isAfter(turn)) {
                return old;
            }
            if (old == null && turn.commitEnd().isAfter(passed)) {
                return null;
            }
            turned = true;
        }
        return after.peek();
    }

    @Override
    public void advance() {
        if (turned) {
            after.advance();
        } else {
            before.advance();
        }
    }

    @Override
    public void seek(Position position) {
        turned = !turn.isAfter(position);
        if (!turned) {
            before.seek(position);
        }
        // The new track may have begun later than the lane last moved.
        after.seek(turned ? position : turn);
    }

    @Override
    public Lsn watermark() {
        Lsn passed = before.watermark();
        return !turned && turn.commitEnd().isAfter(passed)
                ? passed
                : Lsn.max(turn.commitEnd(), after.watermark());
    }

    @Override
    public long backlogBytes() {
        return turned ? after.backlogBytes() : before.backlogBytes() + after.backlogBytes();
    }

    @Override
    public void close() {
        before.close();
        after.close();
    }
}
