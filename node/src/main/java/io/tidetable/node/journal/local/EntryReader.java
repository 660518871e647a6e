package io.tidetable.node.journal.local;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Walks over the commits listed in a {@link Block}. */
final class EntryReader {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final VarintReader reader = new VarintReader(NOTHING, 0);
    private @Nullable Block block;
    private int position;
    private long commitEnd;
    private long xid;
    private long micros;
    private long bytes;
    private int rangesFrom;
    private long bytesBefore;

    void start(Block newBlock) {
        block = newBlock;
        position = 0;
        commitEnd = 0;
        xid = 0;
        micros = 0;
        bytes = 0;
        bytesBefore = newBlock.bytesBefore();
    }

    /** Forgets the block, so that it need not be kept for this reader. */
    void stop() {
        block = null;
        reader.reset(NOTHING, 0);
    }

    @Nullable Block block() {
        return block;
    }

    /** Moves to the next commit; false while there is none. */
    boolean next() {
        Block from = block;
        if (from == null || position >= from.length()) {
            return false;
        }
        reader.reset(from.data(), position);
        long nextEnd = commitEnd + reader.varint();
        long nextXid = xid + reader.signed();
        long nextMicros = micros + reader.signed();
        long nextBytes = reader.varint();
        int rangesLength = reader.integer();
        bytesBefore += bytes;
        commitEnd = nextEnd;
        xid = nextXid;
        micros = nextMicros;
        bytes = nextBytes;
        rangesFrom = reader.position();
        position = rangesFrom + rangesLength;
        return true;
    }

    long commitEnd() {
        return commitEnd;
    }

    long xid() {
        return xid;
    }

    long micros() {
        return micros;
    }

    long bytes() {
        return bytes;
    }

    /** {@link TableIndex#bytes()} before this commit. */
    long bytesBefore() {
        return bytesBefore;
    }

    /** A copy of the ranges of this commit. */
    byte[] ranges() {
        byte[] copy = new byte[position - rangesFrom];
        Block from = block;
        if (from == null) {
            throw new IllegalStateException("there is no commit here");
        }
        from.data().get(rangesFrom, copy);
        return copy;
    }
}
