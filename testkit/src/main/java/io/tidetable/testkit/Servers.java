package io.tidetable.testkit;

import io.tidetable.embedded.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The source and the destination server that all tests of one JVM share: started when first asked
 * for, stopped when the JVM ends. Each test takes databases of its own by {@link #freshPair()}. A
 * test that stops or crashes a server starts a {@link PostgresServer} of its own instead.
 *
 * <p>The versions can be chosen by system properties, for example {@code
 * -Dtidetable.source.version=15.19.0}; without them it is the version on the class path.
 *
 * <p>Thread-safe.
 */
public final class Servers {
    /** System property with the source's version, for example {@code 16.15.0}. */
    public static final String SOURCE_VERSION_PROPERTY = "tidetable.source.version";

    /** System property with the destination's version. */
    public static final String DESTINATION_VERSION_PROPERTY = "tidetable.destination.version";

    /**
     * Nothing of these servers outlives their processes, so nothing waits for a disk: a process
     * that is killed leaves what it wrote to the system all the same. Tests that stop or crash a
     * server have servers of their own.
     */
    private static final Map<String, String> CONFIGURATION =
            Map.ofEntries(
                    Map.entry("fsync", "off"),
                    Map.entry("full_page_writes", "off"),
                    Map.entry("wal_init_zero", "off"),
                    Map.entry("wal_recycle", "off"),
                    Map.entry("max_wal_size", "1GB"),
                    Map.entry("max_connections", "300"),
                    Map.entry("max_wal_senders", "60"),
                    Map.entry("max_replication_slots", "60"),
                    Map.entry("max_prepared_transactions", "10"),
                    Map.entry("deadlock_timeout", "100ms"),
                    Map.entry("shared_buffers", "256MB"));

    private static final Map<String, PostgresServer> RUNNING = new HashMap<>();
    private static final AtomicLong DATABASES = new AtomicLong();

    private Servers() {}

    /** The shared source server. */
    public static PostgresServer source() {
        return shared("source", chosen(SOURCE_VERSION_PROPERTY));
    }

    /** The shared destination server: another one than the source. */
    public static PostgresServer destination() {
        return shared("destination", chosen(DESTINATION_VERSION_PROPERTY));
    }

    /** A new, empty database on each of the shared servers. */
    public static DatabasePair freshPair() {
        return pairOn(source(), destination());
    }

    /**
     * A new, empty database on each of two shared servers of the given versions.
     *
     * @param sourceVersion one of {@link #otherVersions}; null for the version on the class path
     * @param destinationVersion likewise
     */
    public static DatabasePair freshPair(
            @Nullable String sourceVersion, @Nullable String destinationVersion) {
        return pairOn(shared("source", sourceVersion), shared("destination", destinationVersion));
    }

    /** A new, empty database on each of two servers of the test's own. */
    public static DatabasePair pairOn(PostgresServer source, PostgresServer destination) {
        long number = DATABASES.incrementAndGet();
        return new DatabasePair(
                source,
                source.createDatabase("source_" + number),
                destination,
                destination.createDatabase("destination_" + number));
    }

    /**
     * The versions beside the one on the class path whose binaries lie at hand, oldest first;
     * {@code ./build --wide} gets them.
     *
     * @throws IllegalStateException when there are none: a missing server is a failure, not a skip
     */
    public static List<String> otherVersions() {
        Path folder = Path.of(System.getProperty(PostgresServer.BINARIES_PROPERTY, ""));
        try (Stream<Path> files = Files.list(folder)) {
            List<String> versions =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".jar"))
                            .map(name -> name.substring(0, name.length() - ".jar".length()))
                            .sorted()
                            .toList();
            if (!versions.isEmpty()) {
                return versions;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(nothingIn(folder), e);
        }
        throw new IllegalStateException(nothingIn(folder));
    }

    private static String nothingIn(Path folder) {
        return "no binaries of other PostgreSQL versions in '%s'; './build --wide' gets them"
                .formatted(folder);
    }

    private static @Nullable String chosen(String property) {
        String version = System.getProperty(property, "");
        return version.isBlank() ? null : version.strip();
    }

    private static synchronized PostgresServer shared(String role, @Nullable String version) {
        if (RUNNING.isEmpty()) {
            Runtime.getRuntime().addShutdownHook(new Thread(Servers::closeAll, "servers-close"));
        }
        return RUNNING.computeIfAbsent(
                role + " " + version, _ -> PostgresServer.start(version, CONFIGURATION));
    }

    private static synchronized void closeAll() {
        RUNNING.values().forEach(PostgresServer::close);
        RUNNING.clear();
    }
}
