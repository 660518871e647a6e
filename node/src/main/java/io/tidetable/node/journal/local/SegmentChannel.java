package io.tidetable.node.journal.local;

import java.io.IOException;
import java.io.SyncFailedException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The writing end of a segment file. Written by one thread, synced by another. A channel closes
 * itself when a thread is interrupted in it: it is opened again then, and the interruption kept for
 * the thread.
 */
final class SegmentChannel {
    /** A heap buffer is copied by the channel: in steps of this size. */
    private static final int STEP = 1 << 20;

    private final Path path;
    private final StandardOpenOption mode;
    private volatile FileChannel channel;
    private boolean done;
    private boolean broken;

    private SegmentChannel(Path path, StandardOpenOption mode, FileChannel channel) {
        this.path = path;
        this.mode = mode;
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
        SegmentChannel created = new SegmentChannel(path, StandardOpenOption.WRITE, channel);
        if (capacity > 0) {
            created.write(ByteBuffer.allocate(1), capacity - 1);
        }
        return created;
    }

    static SegmentChannel open(Path path) throws IOException {
        return new SegmentChannel(
                path, StandardOpenOption.WRITE, FileChannel.open(path, StandardOpenOption.WRITE));
    }

    void write(ByteBuffer bytes, long offset) throws IOException {
        int begin = bytes.position();
        int end = bytes.limit();
        uninterrupted(to -> {
            bytes.limit(end).position(begin);
            long at = offset;
            while (bytes.position() < end) {
                bytes.limit(Math.min(end, bytes.position() + STEP));
                at += to.write(bytes, at);
            }
        });
    }

    /** Syncs what was written; nothing to do once it is sealed. */
    synchronized void force() throws IOException {
        if (!done) {
            sync(false);
        }
    }

    /** Cuts the file to its length, syncs and closes it. */
    synchronized void seal(long length) throws IOException {
        if (!done) {
            uninterrupted(to -> to.truncate(length));
            sync(true);
            done = true;
            channel.close();
        }
    }

    /** A sync that failed leaves nobody knowing what the disk holds: it is never tried again. */
    private void sync(boolean lengthToo) throws IOException {
        if (broken) {
            throw new SyncFailedException("a sync of %s failed before".formatted(path));
        }
        try {
            uninterrupted(to -> to.force(lengthToo));
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            broken = true;
            SyncFailedException failed = new SyncFailedException(e.getMessage());
            failed.initCause(e);
            throw failed;
        }
    }

    /** Closes it as it is. */
    synchronized void abandon() {
        done = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes names in a directory durable. */
    static void syncDirectory(Path directory) throws IOException {
        SegmentChannel names =
                new SegmentChannel(
                        directory,
                        StandardOpenOption.READ,
                        FileChannel.open(directory, StandardOpenOption.READ));
        try {
            names.uninterrupted(to -> to.force(true));
        } finally {
            names.abandon();
        }
    }

    private void uninterrupted(Action action) throws IOException {
        Uninterrupted.call(
                () -> {
                    action.on(channel);
                    return this;
                },
                this::openAgain);
    }

    private synchronized void openAgain(ClosedChannelException why) throws IOException {
        if (done) {
            throw why;
        }
        if (!channel.isOpen()) {
            channel = FileChannel.open(path, mode);
        }
    }

    @FunctionalInterface
    private interface Action {
        void on(FileChannel to) throws IOException;
    }
}
