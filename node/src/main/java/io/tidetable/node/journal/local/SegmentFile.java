package io.tidetable.node.journal.local;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One file of a track's log, mapped for reading. Readers copy what they need out of the mapping, so
 * that a file that is deleted gives its space back at once.
 */
final class SegmentFile {
    private final SegmentName name;
    private final Path path;
    private final Arena arena;
    private final MemorySegment memory;
    private final Holds holds = new Holds();
    private final AtomicInteger pins = new AtomicInteger();
    private volatile int length;
    private volatile int synced;
    private volatile @Nullable SegmentIndex index;
    private volatile @Nullable Pieces pieces;
    private volatile long lastCommitEnd;
    private volatile long lastReferrer;
    private volatile boolean closed;
    private int holder = -1;

    private SegmentFile(SegmentName name, Path path, Arena arena, MemorySegment memory) {
        this.name = name;
        this.path = path;
        this.arena = arena;
        this.memory = memory;
        this.lastReferrer = name.last();
    }

    /** Maps the whole file. */
    static SegmentFile map(Path directory, SegmentName name) throws IOException {
        Path path = directory.resolve(name.file());
        return Uninterrupted.call(
                () -> {
                    Arena arena = Arena.ofShared();
                    return new SegmentFile(name, path, arena, map(path, arena));
                },
                closed -> {
                    if (!(closed instanceof ClosedByInterruptException)) {
                        throw closed;
                    }
                });
    }

    private static MemorySegment map(Path path, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            arena.close();
            throw e;
        }
    }

    SegmentName name() {
        return name;
    }

    Path path() {
        return path;
    }

    /** The mapping, for scanning. */
    ByteBuffer view() {
        return memory.asByteBuffer();
    }

    /** Bytes written. */
    int length() {
        return length;
    }

    void length(int bytes) {
        length = bytes;
    }

    /** Bytes known to be synced. */
    int synced() {
        return synced;
    }

    void synced(int bytes) {
        synced = bytes;
    }

    /**
     * A copy of a part of the file.
     *
     * @throws IllegalStateException when the file was closed meanwhile
     */
    byte[] read(int offset, int count) {
        byte[] copy = new byte[count];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, copy, 0, count);
        return copy;
    }

    /** Where its records stand, when it is a compacted file. */
    @Nullable Pieces pieces() {
        return pieces;
    }

    void pieces(Pieces where) {
        pieces = where;
    }

    /** Nothing is appended any more. */
    void seal(SegmentIndex complete, long highestCommitEnd) {
        lastCommitEnd = highestCommitEnd;
        index = complete;
    }

    /** Its index, or null while it is being written. */
    @Nullable SegmentIndex index() {
        return index;
    }

    /** The end of the last commit that stands in it and changed a table, 0 for none. */
    long lastCommitEnd() {
        return lastCommitEnd;
    }

    /** Why it is kept, once it is sealed. */
    Holds holds() {
        return holds;
    }

    /** The table that was found to hold it last, -1 for none. The housekeeper's. */
    int holder() {
        return holder;
    }

    void holder(int table) {
        holder = table;
    }

    /** An open transaction has changes in it. */
    void pin() {
        pins.incrementAndGet();
    }

    void unpin() {
        pins.decrementAndGet();
    }

    boolean isPinned() {
        return pins.get() > 0;
    }

    /** A commit in a later segment has changes in this one. */
    void referredFrom(long segment) {
        lastReferrer = Math.max(lastReferrer, segment);
    }

    long lastReferrer() {
        return lastReferrer;
    }

    /** Bytes of the file and its index. */
    long bytesOnDisk() {
        SegmentIndex complete = index;
        return length + (complete == null ? 0L : complete.bytesOnDisk());
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        SegmentIndex complete = index;
        if (complete != null) {
            complete.close();
        }
        arena.close();
    }

    /** Closes and removes it. */
    void delete() throws IOException {
        close();
        Files.deleteIfExists(path);
        Files.deleteIfExists(path.resolveSibling(name.indexFile()));
    }
}
