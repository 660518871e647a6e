package io.tidetable.app.demo;

import io.tidetable.embedded.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/** The two servers of the demo and its folder; nothing of them is left after {@link #close}. */
final class DemoServers implements AutoCloseable {
    /** Where the library unpacks the server's programs. */
    private static final String UNPACK_PROPERTY = "ot.epg.working-dir";

    private final Path folder;
    private final List<PostgresServer> started = new ArrayList<>();

    private DemoServers(Path folder) {
        this.folder = folder;
    }

    static DemoServers start() {
        DemoServers servers = new DemoServers(newFolder());
        System.setProperty(UNPACK_PROPERTY, servers.folder.resolve("programs").toString());
        try {
            List<CompletableFuture<Void>> starting = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                starting.add(CompletableFuture.runAsync(() -> servers.add(PostgresServer.start())));
            }
            CompletableFuture.allOf(starting.toArray(CompletableFuture[]::new)).join();
            return servers;
        } catch (CompletionException e) {
            servers.close();
            throw new IllegalStateException("the demo's PostgreSQL servers did not start", e);
        }
    }

    private static Path newFolder() {
        try {
            Path folder = Files.createTempDirectory("tidetable-demo-");
            // The servers may run as another user, who has to reach their programs in it.
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void add(PostgresServer server) {
        started.add(server);
    }

    synchronized PostgresServer source() {
        return started.getFirst();
    }

    synchronized PostgresServer destination() {
        return started.getLast();
    }

    Path folder() {
        return folder;
    }

    @Override
    public synchronized void close() {
        List<CompletableFuture<Void>> closing = new ArrayList<>();
        for (PostgresServer server : started) {
            closing.add(CompletableFuture.runAsync(server::close));
        }
        started.clear();
        try {
            CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new)).join();
        } finally {
            delete();
        }
    }

    private void delete() {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
