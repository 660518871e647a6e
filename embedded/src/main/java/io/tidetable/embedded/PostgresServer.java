package io.tidetable.embedded;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One PostgreSQL server of our own, on a free loopback port, ready for logical replication and as
 * durable as a production one (fsync on). It can be stopped, crashed and started again on the same
 * data; {@link #close} removes everything.
 *
 * <p>Not thread-safe.
 */
public final class PostgresServer implements AutoCloseable {
    /** Folder of binary jars of further versions, named {@code <version>.jar}. */
    public static final String BINARIES_PROPERTY = "tidetable.postgres.binaries";

    private static final Map<String, String> DEFAULTS =
            Map.of(
                    "wal_level", "logical",
                    "fsync", "on",
                    "synchronous_commit", "on",
                    "max_wal_senders", "20",
                    "max_replication_slots", "20",
                    "max_connections", "100",
                    "timezone", "UTC");

    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LOOK = Duration.ofMillis(10);

    private final Path directory;
    private final Map<String, String> configuration;
    private final @Nullable String version;
    private final int port;
    private @Nullable EmbeddedPostgres running;

    private PostgresServer(
            Path directory, Map<String, String> configuration, @Nullable String version, int port) {
        this.directory = directory;
        this.configuration = configuration;
        this.version = version;
        this.port = port;
    }

    /** Starts a server of the default version (18) with the given settings over the usual ones. */
    public static PostgresServer start(Map<String, String> configuration) {
        return start(null, configuration);
    }

    /** Starts a server of the default version with the usual settings. */
    public static PostgresServer start() {
        return start(null, Map.of());
    }

    /**
     * Starts a server.
     *
     * @param version for example {@code 16.15.0}, whose binaries lie in the folder that {@value
     *     #BINARIES_PROPERTY} names; null for the version on the class path
     */
    public static PostgresServer start(
            @Nullable String version, Map<String, String> configuration) {
        try {
            Map<String, String> merged = new LinkedHashMap<>(DEFAULTS);
            merged.putAll(configuration);
            Path directory = Files.createTempDirectory("tidetable-postgres-");
            PostgresServer server = new PostgresServer(directory, merged, version, freePort());
            server.start0();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it again on its data after a stop or a crash. */
    public void restart() {
        if (running != null) {
            stop();
        }
        try {
            start0();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start0() throws IOException {
        EmbeddedPostgres.Builder builder =
                EmbeddedPostgres.builder()
                        .setPort(port)
                        .setDataDirectory(data())
                        .setCleanDataDirectory(false)
                        .setRegisterShutdownHook(false)
                        .setPGStartupWait(Duration.ofSeconds(60))
                        .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log().toFile()))
                        .setErrorRedirector(ProcessBuilder.Redirect.appendTo(log().toFile()));
        if (version != null) {
            builder.setPgBinaryResolver(binariesOf(version));
        }
        configuration.forEach(builder::setServerConfig);
        running = builder.start();
    }

    private static PgBinaryResolver binariesOf(String version) {
        String folder = System.getProperty(BINARIES_PROPERTY);
        if (folder == null) {
            throw new IllegalStateException(
                    "PostgreSQL %s was asked for, but the system property %s is not set"
                            .formatted(version, BINARIES_PROPERTY));
        }
        Path jar = Path.of(folder, version + ".jar");
        return (system, machine) -> {
            try (var zip = new java.util.zip.ZipFile(jar.toFile())) {
                var entry =
                        zip.stream()
                                .filter(e -> e.getName().endsWith(".txz"))
                                .findFirst()
                                .orElseThrow(() -> new IOException("no binaries in " + jar));
                return new java.io.ByteArrayInputStream(zip.getInputStream(entry).readAllBytes());
            }
        };
    }

    /** Stops it as an administrator would: clients are disconnected, nothing is lost. */
    public void stop() {
        signalAndWait("-INT");
    }

    /** Stops it without a checkpoint, as {@code pg_ctl stop -m immediate}: it recovers at start. */
    public void stopImmediately() {
        signalAndWait("-QUIT");
    }

    private void signalAndWait(String signal) {
        EmbeddedPostgres server = running;
        if (server == null) {
            return;
        }
        running = null;
        Path pidFile = data().resolve("postmaster.pid");
        try {
            long pid = Long.parseLong(Files.readAllLines(pidFile).getFirst().strip());
            ProcessHandle handle = ProcessHandle.of(pid).orElse(null);
            new ProcessBuilder("kill", signal, Long.toString(pid)).start().waitFor();
            if (handle != null) {
                awaitEnd(handle, pidFile);
            }
        } catch (IOException e) {
            throw new IllegalStateException("the server on port " + port + " did not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            releaseLock(server);
        }
    }

    /**
     * Waits as {@code pg_ctl stop} does: a server removes its file as the last thing, while how
     * soon the system forgets a process that is not a child of ours can take a second more.
     */
    private void awaitEnd(ProcessHandle handle, Path pidFile) throws InterruptedException {
        long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
        while (handle.isAlive() && Files.exists(pidFile)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "the server on port %d did not stop within %d s"
                                .formatted(port, STOP_LIMIT.toSeconds()));
            }
            Thread.sleep(STOP_LOOK);
        }
    }

    /** The library holds a lock on the data until its own close, which finds nothing to stop. */
    private static void releaseLock(EmbeddedPostgres server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** The server's data directory. */
    public Path data() {
        return directory.resolve("data");
    }

    /** The server's log. */
    public Path log() {
        return directory.resolve("postgres.log");
    }

    /** JDBC URL of a database on it, for the superuser {@code postgres} (no password). */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres".formatted(port, database);
    }

    /** The URL as settings files take it. */
    public String url(String database) {
        return "postgresql://postgres@127.0.0.1:%d/%s".formatted(port, database);
    }

    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database));
    }

    /** Makes a database and gives its name back. */
    public String createDatabase(String name) {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE \"" + name + "\"");
            return name;
        } catch (SQLException e) {
            throw new IllegalStateException("could not create database " + name, e);
        }
    }

    /** Stops the server if it runs and removes its data. */
    @Override
    public void close() {
        stopImmediately();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
