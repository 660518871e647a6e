package io.tidetable.node.journal.local;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The writing end of a segment file. Written by one thread, synced by another. */
final class SegmentChannel {
    /** A heap buffer is copied by the channel: in steps of this size. */
    private static final int STEP = 1 << 20;

    private final FileChannel channel;

    private SegmentChannel(FileChannel channel) {
        this.channel = channel;
    }

    /** Makes a new file that has its whole size at once, without occupying it. */
    static SegmentChannel create(Path path, long capacity) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
        if (capacity > 0) {
            channel.write(ByteBuffer.allocate(1), capacity - 1);
        }
        return new SegmentChannel(channel);
    }

    static SegmentChannel open(Path path) throws IOException {
        return new SegmentChannel(FileChannel.open(path, StandardOpenOption.WRITE));
    }

    void write(ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        int end = bytes.limit();
        while (bytes.position() < end) {
            bytes.limit(Math.min(end, bytes.position() + STEP));
            at += channel.write(bytes, at);
        }
    }

    /** Syncs what was written; nothing to do once it is sealed. */
    synchronized void force() throws IOException {
        if (channel.isOpen()) {
            channel.force(false);
        }
    }

    /** Cuts the file to its length, syncs and closes it. */
    synchronized void seal(long length) throws IOException {
        if (channel.isOpen()) {
            channel.truncate(length);
            channel.force(true);
            channel.close();
        }
    }

    synchronized void abandon() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Makes names in a directory durable. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }
}
