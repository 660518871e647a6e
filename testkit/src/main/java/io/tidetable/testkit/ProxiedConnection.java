package io.tidetable.testkit;

import io.tidetable.testkit.FaultProxy.Direction;
import io.tidetable.testkit.FaultProxy.Fault;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** One connection through a {@link FaultProxy}, with faults of its own. Thread-safe. */
public final class ProxiedConnection {
    private static final int CHUNK_BYTES = 16 * 1024;

    /** About what a long fat network holds; then the sender is held up. */
    private static final int CHUNKS_UNDERWAY = 256;

    private final Socket client;
    private final Socket server;
    private final List<ProxiedConnection> open;
    private final Way toServer;
    private final Way toClient;

    ProxiedConnection(Socket client, Socket server, List<ProxiedConnection> open) {
        this.client = client;
        this.server = server;
        this.open = open;
        this.toServer = new Way(client, server);
        this.toClient = new Way(server, client);
    }

    /** Sets a fault for one direction. */
    public void set(Direction direction, Fault fault) {
        switch (direction) {
            case TO_SERVER -> toServer.set(fault);
            case TO_CLIENT -> toClient.set(fault);
        }
    }

    /** Sets a fault for both directions. */
    public void set(Fault fault) {
        toServer.set(fault);
        toClient.set(fault);
    }

    /** How many bytes have been delivered in a direction. */
    public long delivered(Direction direction) {
        return switch (direction) {
            case TO_SERVER -> toServer.delivered.get();
            case TO_CLIENT -> toClient.delivered.get();
        };
    }

    /** Cuts it: both ends see a reset, what was underway is lost. */
    public void cut() {
        end(true);
    }

    void start() {
        toServer.start();
        toClient.start();
    }

    private void end(boolean reset) {
        for (Socket socket : List.of(client, server)) {
            if (reset) {
                try {
                    socket.setSoLinger(true, 0);
                } catch (IOException e) {
                    // Closed already.
                    continue;
                }
            }
            FaultProxy.closeQuietly(socket);
        }
        toServer.set(new Fault.Pass());
        toClient.set(new Fault.Pass());
        open.remove(this);
    }

    /** Bytes underway. */
    private static final class Chunk {
        private final byte[] bytes;
        private final long readAtNanos = System.nanoTime();

        private Chunk(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    /** One direction: what is read waits in a queue until the fault lets it through. */
    private final class Way {
        private final Socket from;
        private final Socket to;
        private final AtomicLong delivered = new AtomicLong();
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Deque<Chunk> underway = new ArrayDeque<>();
        private Fault fault = new Fault.Pass();
        private boolean finished;

        private Way(Socket from, Socket to) {
            this.from = from;
            this.to = to;
        }

        private void start() {
            Thread.ofVirtual().name("fault-proxy-read").start(this::read);
            Thread.ofVirtual().name("fault-proxy-write").start(this::write);
        }

        private void set(Fault next) {
            lock.lock();
            try {
                fault = next;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void read() {
            byte[] buffer = new byte[CHUNK_BYTES];
            try {
                var input = from.getInputStream();
                for (int length = input.read(buffer); length >= 0; length = input.read(buffer)) {
                    add(new Chunk(Arrays.copyOf(buffer, length)));
                }
                lock.lock();
                try {
                    finished = true;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            } catch (IOException e) {
                // The sender was cut off, so the receiver is.
                end(true);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                end(true);
            }
        }

        private void add(Chunk chunk) throws InterruptedException {
            lock.lock();
            try {
                while (underway.size() >= CHUNKS_UNDERWAY && !to.isClosed()) {
                    changed.await();
                }
                underway.add(chunk);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void write() {
            try {
                OutputStream output = to.getOutputStream();
                long free = System.nanoTime();
                while (awaitArrival(free)) {
                    Chunk chunk;
                    lock.lock();
                    try {
                        chunk = underway.remove();
                        free = Math.max(free, System.nanoTime());
                        if (fault instanceof Fault.Bandwidth limit) {
                            free += (long) (chunk.bytes.length * 1e9 / limit.bytesPerSecond());
                        }
                        changed.signalAll();
                    } finally {
                        lock.unlock();
                    }
                    output.write(chunk.bytes);
                    delivered.addAndGet(chunk.bytes.length);
                }
                // The sender has said goodbye: so is said to the receiver, the other way stays.
                to.shutdownOutput();
                if (from.isOutputShutdown()) {
                    end(false);
                }
            } catch (IOException e) {
                end(true);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                end(true);
            }
        }

        /**
         * Waits until the next chunk may be delivered; false when there will be none.
         *
         * @param free when the line is free again, in nanoseconds
         */
        private boolean awaitArrival(long free) throws InterruptedException, IOException {
            lock.lock();
            try {
                while (!to.isClosed()) {
                    Chunk next = underway.peek();
                    if (next == null) {
                        if (finished) {
                            return false;
                        }
                        changed.await();
                        continue;
                    }
                    long wait =
                            switch (fault) {
                                case Fault.Pass _ -> 0;
                                case Fault.BlackHole _ -> Long.MAX_VALUE;
                                case Fault.Delay delay ->
                                        next.readAtNanos
                                                + delay.time().toNanos()
                                                - System.nanoTime();
                                case Fault.Bandwidth _ -> free - System.nanoTime();
                            };
                    if (wait <= 0) {
                        return true;
                    }
                    changed.awaitNanos(wait);
                }
                throw new IOException("the connection was cut");
            } finally {
                lock.unlock();
            }
        }
    }
}
