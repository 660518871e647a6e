package io.tidetable.node.journal.local;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of a sealed segment by table. First in memory, then spilled to a mapped file beside
 * the segment, which is derived data: it is not synced and made anew at the next start.
 */
final class SegmentIndex {
    /** Ordinal, offset, length and 4 spare bytes, then last commit end and bytes before. */
    private static final int ENTRY = 32;

    private sealed interface State {
        /** Sorted by table. */
        record InMemory(List<Block> blocks) implements State {}

        /** A directory of the given number of entries, then the blocks' bytes. */
        record Spilled(ByteBuffer file, int count) implements State {}
    }

    private final long segment;
    private final Arena arena = Arena.ofShared();
    private volatile State state;
    private volatile long bytesOnDisk;

    SegmentIndex(long segment, List<Block> blocks) {
        this.segment = segment;
        this.state =
                new State.InMemory(
                        blocks.stream().sorted(Comparator.comparingInt(Block::table)).toList());
    }

    /**
     * The table's commits, or null for none.
     *
     * @throws IllegalStateException when it was closed meanwhile
     */
    @Nullable Block block(int table) {
        return switch (state) {
            case State.InMemory(List<Block> blocks) -> find(blocks, table);
            case State.Spilled spilled -> find(spilled, table);
        };
    }

    /** Shows the blocks of all tables. */
    void forEach(Consumer<Block> visitor) {
        switch (state) {
            case State.InMemory(List<Block> blocks) -> blocks.forEach(visitor);
            case State.Spilled spilled -> {
                for (int i = 0; i < spilled.count(); i++) {
                    visitor.accept(block(spilled.file(), i));
                }
            }
        }
    }

    boolean isSpilled() {
        return state instanceof State.Spilled;
    }

    long bytesOnDisk() {
        return bytesOnDisk;
    }

    /** Moves the blocks out of memory. */
    void spill(Path file, Tables tables) throws IOException {
        if (!(state instanceof State.InMemory(List<Block> blocks))) {
            return;
        }
        int offset = blocks.size() * ENTRY;
        try (DataOutputStream out =
                new DataOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
            for (Block block : blocks) {
                out.writeInt(block.table());
                out.writeInt(offset);
                out.writeInt(block.length());
                out.writeInt(0);
                out.writeLong(block.lastCommitEnd());
                out.writeLong(block.bytesBefore());
                offset = Math.addExact(offset, block.length());
            }
            for (Block block : blocks) {
                out.write(block.data().array(), 0, block.length());
            }
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer mapped =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena)
                            .asByteBuffer();
            bytesOnDisk = channel.size();
            state = new State.Spilled(mapped, blocks.size());
            for (int i = 0; i < blocks.size(); i++) {
                blocks.get(i).moveTo(data(mapped, i));
                tables.get(blocks.get(i).table()).dropTail(blocks.get(i));
            }
        }
    }

    void close() {
        arena.close();
    }

    private static @Nullable Block find(List<Block> blocks, int table) {
        int low = 0;
        int high = blocks.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int found = blocks.get(middle).table();
            if (found == table) {
                return blocks.get(middle);
            } else if (found < table) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }

    private @Nullable Block find(State.Spilled spilled, int table) {
        int low = 0;
        int high = spilled.count() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int found = spilled.file().getInt(middle * ENTRY);
            if (found == table) {
                return block(spilled.file(), middle);
            } else if (found < table) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }

    private Block block(ByteBuffer file, int entry) {
        int at = entry * ENTRY;
        return new Block(
                file.getInt(at),
                segment,
                file.getLong(at + 24),
                data(file, entry),
                file.getLong(at + 16));
    }

    private static ByteBuffer data(ByteBuffer file, int entry) {
        return file.slice(file.getInt(entry * ENTRY + 4), file.getInt(entry * ENTRY + 8));
    }
}
