package io.tidetable.node.lane;

import io.tidetable.model.Column;
import io.tidetable.model.Position;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.pgoutput.TupleReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lanes over which one table's rows are spread by key. Each applies the changes of its own
 * keys. A transaction that truncates the table or changes a key concerns them all: it is a barrier.
 * All lanes come up to it, the first applies it as a whole, the others pass it by once the first
 * has it at the destination.
 *
 * <p>Whether a transaction is a barrier, and which lane a row belongs to, is a function of its
 * bytes alone, so that it is decided alike after a restart. Thread-safe.
 */
public final class KeyBuckets {
    private final Position[] waitingAt;
    private final Position[] progressThere;
    private Position crossed = Position.START;

    /**
     * The buckets of one table.
     *
     * @param count number of lanes
     */
    public KeyBuckets(int count) {
        waitingAt = new Position[count];
        progressThere = new Position[count];
        for (int number = 0; number < count; number++) {
            waitingAt[number] = Position.START;
            progressThere[number] = Position.START;
        }
    }

    public int count() {
        return waitingAt.length;
    }

    /** A lane has come up to a barrier and stands there with that progress. */
    synchronized void arrive(int number, Position barrier, Position progress) {
        waitingAt[number] = barrier;
        progressThere[number] = progress;
    }

    /** Whether some lane waits at a barrier that the first has crossed by now. */
    public synchronized boolean someMayGoOn() {
        for (Position barrier : waitingAt) {
            if (!barrier.equals(Position.START) && isCrossed(barrier)) {
                return true;
            }
        }
        return false;
    }

    /** A lane waits nowhere: it went on, or no longer knows where it stands. */
    synchronized void leave(int number) {
        waitingAt[number] = Position.START;
    }

    /** Whether all lanes but the first stand before the barrier. */
    synchronized boolean allStandAt(Position barrier) {
        for (int number = 1; number < waitingAt.length; number++) {
            if (!waitingAt[number].equals(barrier)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The progress with which each lane but the first stands there, for the destination to confirm.
     */
    public synchronized List<Position> progressOfOthers() {
        return List.of(progressThere).subList(1, progressThere.length);
    }

    /** The first lane's progress at the destination: barriers up to there are crossed. */
    synchronized void firstStandsAt(Position position) {
        crossed = position;
    }

    synchronized boolean isCrossed(Position barrier) {
        return !barrier.isAfter(crossed);
    }

    /** Whether the transaction concerns all lanes. */
    static boolean isBarrier(TransactionPart part) {
        ChangeCursor changes = part.changes();
        Keys keys = new Keys();
        while (changes.next()) {
            switch (changes.kind()) {
                case TRUNCATE -> {
                    return true;
                }
                case UPDATE -> {
                    if (keys.change(changes.shape(), changes.payload())) {
                        return true;
                    }
                }
                case INSERT, DELETE -> {}
            }
        }
        return false;
    }

    /** The part's changes that belong to one lane; null when there are none. */
    @Nullable TransactionPart partOf(TransactionPart part, int number) {
        ChangeCursor changes = new OfBucket(part.changes(), number, count());
        return changes.next() ? new BucketPart(part, number, count()) : null;
    }

    private record BucketPart(TransactionPart whole, int number, int count)
            implements TransactionPart {
        @Override
        public Position position() {
            return whole.position();
        }

        @Override
        public Instant committedAt() {
            return whole.committedAt();
        }

        @Override
        public long bytes() {
            return Math.max(1, whole.bytes() / count);
        }

        @Override
        public ChangeCursor changes() {
            return new OfBucket(whole.changes(), number, count);
        }
    }

    /** A walk over the changes of one bucket's keys. */
    private static final class OfBucket implements ChangeCursor {
        private final ChangeCursor all;
        private final int number;
        private final int count;
        private final Keys keys = new Keys();

        OfBucket(ChangeCursor all, int number, int count) {
            this.all = all;
            this.number = number;
            this.count = count;
        }

        @Override
        public boolean next() {
            while (all.next()) {
                if (Math.floorMod(keys.hash(all.shape(), all.payload()), count) == number) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public ChangeKind kind() {
            return all.kind();
        }

        @Override
        public TableShape shape() {
            return all.shape();
        }

        @Override
        public ByteBuffer payload() {
            return all.payload();
        }
    }

    /** Reads keys out of changes. */
    private static final class Keys {
        private final TupleReader tuples = new TupleReader();

        /**
         * A hash of the row's key; the key of a change that is no barrier is the same in all
         * tuples.
         */
        int hash(TableShape shape, ByteBuffer payload) {
            tuples.reset(payload);
            tuples.nextTuple();
            return hashOfTuple(shape, payload);
        }

        /** Whether an update gives the row another key. */
        boolean change(TableShape shape, ByteBuffer payload) {
            tuples.reset(payload);
            tuples.nextTuple();
            if (tuples.tuple() == TupleReader.NEW) {
                return false;
            }
            byte[] before = keyOfTuple(shape, payload);
            tuples.nextTuple();
            return !Arrays.equals(before, keyOfTuple(shape, payload));
        }

        private int hashOfTuple(TableShape shape, ByteBuffer payload) {
            int hash = 17;
            for (Column column : shape.columns()) {
                tuples.next();
                if (column.inIdentity()) {
                    hash = hash * 31 + tuples.kind();
                    for (int at = 0; at < tuples.length(); at++) {
                        hash = hash * 31 + payload.get(tuples.offset() + at);
                    }
                }
            }
            // Spread: the low bits of close keys are alike.
            hash *= 0x9E3779B9;
            return hash ^ hash >>> 15;
        }

        private byte[] keyOfTuple(TableShape shape, ByteBuffer payload) {
            ByteArrayOutputStream key = new ByteArrayOutputStream();
            for (Column column : shape.columns()) {
                tuples.next();
                if (column.inIdentity()) {
                    key.write(tuples.kind());
                    key.write(tuples.length() >>> 16);
                    key.write(tuples.length() >>> 8);
                    key.write(tuples.length());
                    for (int at = 0; at < tuples.length(); at++) {
                        key.write(payload.get(tuples.offset() + at));
                    }
                }
            }
            return key.toByteArray();
        }
    }
}
