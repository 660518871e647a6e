package io.tidetable.node.capture;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.locks.LockSupport;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes the sockets of replication connections, for the driver, which asks for a class by name.
 *
 * <p>A reader that takes every message as it comes wakes the source's walsender for each, which
 * costs the source more than the decoding. So when such a socket is empty under load, it waits
 * about a millisecond before it is read again, and data gathers; where little comes, it is read at
 * once. This stands below TLS and sees only bytes.
 */
public final class ModeratedSocketFactory extends SocketFactory {
    private static final long PAUSE_NANOS = 1_000_000;
    private static final int FEW_READS = 4;
    private static final int FEW_BYTES = 4096;

    @Override
    public Socket createSocket() {
        return new ModeratedSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
            throws IOException {
        return connected(
                new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(
            InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return connected(
                new InetSocketAddress(address, port),
                new InetSocketAddress(localAddress, localPort));
    }

    private static Socket connected(InetSocketAddress to, @Nullable InetSocketAddress from)
            throws IOException {
        Socket socket = new ModeratedSocket();
        try {
            if (from != null) {
                socket.bind(from);
            }
            socket.connect(to);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static final class ModeratedSocket extends Socket {
        private @Nullable InputStream moderated;

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
            if (pace.underLoad(System.nanoTime()) && super.available() == 0) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
