package io.tidetable.node.capture;

import io.tidetable.node.postgres.ConnectingSocketFactory;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Makes the sockets of replication connections, for the driver, which asks for a class by name.
 *
 * <p>A reader that takes every message as it comes wakes the source's walsender for each, and each
 * goes through the network by itself, which costs the source more than the decoding. So when such a
 * socket holds little under load, it is left alone for about a millisecond. Data gathers, and some
 * of it stays: while the receiver's window is nearly full, the source hands its messages over in
 * large pieces. For that, the window of a near source is kept small; a distant one needs a large
 * window to be read fast at all. Where little comes, it is read at once. This stands below TLS and
 * sees only bytes.
 */
public final class ModeratedSocketFactory extends ConnectingSocketFactory {
    private static final long PAUSE_NANOS = 1_000_000;

    /** What stays keeps the window nearly full, and leaves room for the largest piece, 64 kB. */
    private static final int ENOUGH_BYTES = 160 << 10;

    /** Smaller ones make the source wait, larger ones are never full (RATIONALE). */
    private static final int NEAR_BUFFER_BYTES = 256 << 10;

    /** The window of 96 kB that is left carries 96 MB/s at this distance. */
    private static final long NEAR_NANOS = 1_000_000;

    private static final int FEW_READS = 4;
    private static final int FEW_BYTES = 4096;

    @Override
    public Socket createSocket() {
        return new ModeratedSocket();
    }

    private static final class ModeratedSocket extends Socket {
        private @Nullable InputStream moderated;

        /** Connecting takes one round trip, which tells how far the source is. */
        @Override
        public void connect(SocketAddress address, int timeout) throws IOException {
            long began = System.nanoTime();
            super.connect(address, timeout);
            if (getInetAddress().isLoopbackAddress() || System.nanoTime() - began < NEAR_NANOS) {
                setReceiveBufferSize(NEAR_BUFFER_BYTES);
            }
        }

        @Override
        public synchronized InputStream getInputStream() throws IOException {
            InputStream stream = moderated;
            if (stream == null) {
                stream = new ModeratedStream(super.getInputStream());
                moderated = stream;
            }
            return stream;
        }
    }

    private static final class ModeratedStream extends FilterInputStream {
        private final ReadingPace pace = new ReadingPace(FEW_READS, FEW_BYTES);

        ModeratedStream(InputStream socket) {
            super(socket);
        }

        @Override
        public int read() throws IOException {
            pause();
            int value = super.read();
            pace.read(System.nanoTime(), 1);
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            pause();
            int count = super.read(target, offset, length);
            pace.read(System.nanoTime(), Math.max(count, 0));
            return count;
        }

        private void pause() throws IOException {
            if (pace.underLoad(System.nanoTime()) && super.available() < ENOUGH_BYTES) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
