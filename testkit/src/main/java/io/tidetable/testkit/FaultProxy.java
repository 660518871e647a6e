package io.tidetable.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on loopback that damages the network on demand: for all connections, those to come
 * included, or for one of them. Everything can be switched while bytes flow.
 *
 * <p>Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
    /** Which way bytes flow. */
    public enum Direction {
        /** What the client sends. */
        TO_SERVER,
        /** What the server sends. */
        TO_CLIENT
    }

    /** What happens to bytes on their way. */
    public sealed interface Fault {
        /** They pass. */
        record Pass() implements Fault {}

        /** They are held back until the fault changes; nobody is told. Then they all arrive. */
        record BlackHole() implements Fault {}

        /** They arrive late by the given time, without limiting how many. */
        record Delay(Duration time) implements Fault {}

        /** They arrive at the given rate. */
        record Bandwidth(long bytesPerSecond) implements Fault {
            public Bandwidth {
                if (bytesPerSecond <= 0) {
                    throw new IllegalArgumentException(
                            "a bandwidth must be positive, got " + bytesPerSecond);
                }
            }
        }
    }

    private static final Fault PASS = new Fault.Pass();

    private final InetSocketAddress server;
    private final int port;
    private final List<ProxiedConnection> connections = new CopyOnWriteArrayList<>();
    private final Object accepting = new Object();
    private volatile Fault toServer = PASS;
    private volatile Fault toClient = PASS;
    private @Nullable Listener listener;
    private boolean closed;

    private FaultProxy(InetSocketAddress server, int port) {
        this.server = server;
        this.port = port;
    }

    /** Starts a proxy in front of a server on loopback. */
    public static FaultProxy to(int serverPort) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try {
            ServerSocket listener = new ServerSocket(0, 128, loopback);
            FaultProxy proxy =
                    new FaultProxy(
                            new InetSocketAddress(loopback, serverPort), listener.getLocalPort());
            proxy.listener = proxy.listenOn(listener);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port clients connect to. */
    public int port() {
        return port;
    }

    /** A JDBC URL to the server, changed so that it leads through this proxy. */
    public String through(String url) {
        return url.replace(":" + server.getPort() + "/", ":" + port + "/");
    }

    /** The open connections, oldest first. */
    public List<ProxiedConnection> connections() {
        return List.copyOf(connections);
    }

    /** Lets everything pass again and accepts connections. */
    public void pass() {
        accept();
        set(PASS);
    }

    /** Sets a fault for both directions of all connections. */
    public void set(Fault fault) {
        set(Direction.TO_SERVER, fault);
        set(Direction.TO_CLIENT, fault);
    }

    /** Sets a fault for one direction of all connections. */
    public void set(Direction direction, Fault fault) {
        switch (direction) {
            case TO_SERVER -> toServer = fault;
            case TO_CLIENT -> toClient = fault;
        }
        connections.forEach(connection -> connection.set(direction, fault));
    }

    /** Cuts all open connections by a reset; new ones are accepted as before. */
    public void cut() {
        connections.forEach(ProxiedConnection::cut);
    }

    /** Stops to listen: new connections are refused. Open ones live on. */
    public void refuse() {
        synchronized (accepting) {
            Listener open = listener;
            listener = null;
            if (open != null) {
                open.close();
            }
        }
    }

    /** Listens again after {@link #refuse}. */
    public void accept() {
        synchronized (accepting) {
            if (listener == null && !closed) {
                try {
                    ServerSocket again = new ServerSocket();
                    again.setReuseAddress(true);
                    again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128);
                    listener = listenOn(again);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    /** Ends it: nothing is accepted and all connections are cut. */
    @Override
    public void close() {
        synchronized (accepting) {
            closed = true;
        }
        refuse();
        cut();
    }

    private record Listener(ServerSocket socket, Thread thread) {
        /**
         * Afterwards nobody is accepted: the port is free only when the thread has let go of it.
         */
        private void close() {
            closeQuietly(socket);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Listener listenOn(ServerSocket socket) {
        Thread thread =
                Thread.ofVirtual().name("fault-proxy-" + port).start(() -> acceptFrom(socket));
        return new Listener(socket, thread);
    }

    private void acceptFrom(ServerSocket socket) {
        while (true) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException e) {
                // Closed by refuse() or close(); else only that one client has gone already.
                if (socket.isClosed()) {
                    return;
                }
            }
        }
    }

    private void connect(Socket client) {
        Socket upstream = new Socket();
        try {
            upstream.connect(server);
            ProxiedConnection connection = new ProxiedConnection(client, upstream, connections);
            connections.add(connection);
            connection.set(Direction.TO_SERVER, toServer);
            connection.set(Direction.TO_CLIENT, toClient);
            connection.start();
            synchronized (accepting) {
                if (closed) {
                    connection.cut();
                }
            }
        } catch (IOException e) {
            // The server does not answer: neither do we.
            closeQuietly(client);
            closeQuietly(upstream);
        }
    }

    static void closeQuietly(@Nullable AutoCloseable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (Exception e) {
            // It is of no use any more either way.
            return;
        }
    }
}
