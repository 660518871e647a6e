package io.tidetable.node.postgres;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sockets that are given up when the network swallows everything. A statement may take hours,
 * so waiting long for an answer says nothing: but where somebody waits long, the server is asked
 * over a new connection whether it is there, and where it answers nobody twice in a row, the socket
 * is closed under whoever waits. This stands below TLS and needs no login.
 */
public final class WatchedSocketFactory extends ConnectingSocketFactory {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedSocketFactory.class);

    /** How long somebody waits before the server is asked, and between two questions. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final int SILENT_ANSWERS = 2;

    /** A peer that was switched off is noticed by the system after 30 s of waiting for it. */
    private static final int KEEPALIVE_SECONDS = 15;

    private static final int KEEPALIVE_INTERVAL_SECONDS = 5;
    private static final int KEEPALIVE_PROBES = 3;

    /** What a client sends first to ask for TLS: any server answers it with one byte. */
    private static final byte[] TLS_QUESTION = {0, 0, 0, 8, 4, (byte) 0xD2, 22, 47};

    @Override
    public Socket createSocket() {
        return new WatchedSocket();
    }

    private static final class WatchedSocket extends Socket {
        private static final long NOBODY = Long.MIN_VALUE;

        private @Nullable InputStream input;
        private @Nullable OutputStream output;
        private @Nullable Thread watch;
        private volatile long readingSince = NOBODY;
        private volatile long writingSince = NOBODY;

        @Override
        public void connect(SocketAddress address, int timeout) throws IOException {
            super.connect(address, timeout);
            option(ExtendedSocketOptions.TCP_KEEPIDLE, KEEPALIVE_SECONDS);
            option(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEPALIVE_INTERVAL_SECONDS);
            option(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEPALIVE_PROBES);
            synchronized (this) {
                watch = Thread.ofVirtual().name("connection-watch").start(() -> watch(address));
            }
        }

        private void option(SocketOption<Integer> option, int value) throws IOException {
            if (supportedOptions().contains(option)) {
                setOption(option, value);
            }
        }

        private void watch(SocketAddress server) {
            int silent = 0;
            try {
                while (!isClosed()) {
                    Thread.sleep(PATIENCE);
                    boolean waits = waitsLong(readingSince) || waitsLong(writingSince);
                    silent = waits && !answers(server) ? silent + 1 : 0;
                    if (silent >= SILENT_ANSWERS && !isClosed()) {
                        LOG.warn(
                                "TT-204 {} has not answered for {} s and answers no new connection either; this connection is given up",
                                server,
                                waitedSeconds());
                        super.close();
                    }
                }
            } catch (InterruptedException e) {
                // It was closed.
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                LOG.debug("a connection that was given up did not close", e);
            }
        }

        private static boolean waitsLong(long since) {
            return since != NOBODY && System.nanoTime() - since >= PATIENCE.toNanos();
        }

        private long waitedSeconds() {
            long now = System.nanoTime();
            long longest = 0;
            for (long since : new long[] {readingSince, writingSince}) {
                if (since != NOBODY) {
                    longest = Math.max(longest, now - since);
                }
            }
            return Duration.ofNanos(longest).toSeconds();
        }

        private static boolean answers(SocketAddress server) {
            try (Socket question = new Socket()) {
                question.connect(server, (int) ANSWER_LIMIT.toMillis());
                question.setSoTimeout((int) ANSWER_LIMIT.toMillis());
                question.getOutputStream().write(TLS_QUESTION);
                return question.getInputStream().read() >= 0;
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public synchronized InputStream getInputStream() throws IOException {
            InputStream stream = input;
            if (stream == null) {
                stream = new Reading(super.getInputStream());
                input = stream;
            }
            return stream;
        }

        @Override
        public synchronized OutputStream getOutputStream() throws IOException {
            OutputStream stream = output;
            if (stream == null) {
                stream = new Writing(super.getOutputStream());
                output = stream;
            }
            return stream;
        }

        @Override
        public void close() throws IOException {
            super.close();
            Thread watching;
            synchronized (this) {
                watching = watch;
            }
            if (watching != null) {
                watching.interrupt();
            }
        }

        private final class Reading extends FilterInputStream {
            Reading(InputStream socket) {
                super(socket);
            }

            @Override
            public int read() throws IOException {
                readingSince = System.nanoTime();
                try {
                    return super.read();
                } finally {
                    readingSince = NOBODY;
                }
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                readingSince = System.nanoTime();
                try {
                    return super.read(target, offset, length);
                } finally {
                    readingSince = NOBODY;
                }
            }
        }

        private final class Writing extends FilterOutputStream {
            Writing(OutputStream socket) {
                super(socket);
            }

            @Override
            public void write(int value) throws IOException {
                writingSince = System.nanoTime();
                try {
                    out.write(value);
                } finally {
                    writingSince = NOBODY;
                }
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                writingSince = System.nanoTime();
                try {
                    out.write(bytes, offset, length);
                } finally {
                    writingSince = NOBODY;
                }
            }
        }
    }
}
