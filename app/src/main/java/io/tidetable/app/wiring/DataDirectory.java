package io.tidetable.app.wiring;

import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one pipeline. One process at a time holds it, by a lock that the system takes back
 * when the process ends, however it ends; that process writes down where it is reached.
 *
 * <p>Not thread-safe.
 */
public final class DataDirectory implements AutoCloseable {
    private static final String LOCK = "run.lock";
    private static final String ADDRESS = "run.url";

    private final Path path;
    private @Nullable FileChannel channel;

    public DataDirectory(Path path) {
        this.path = path.toAbsolutePath().normalize();
    }

    /** The folder of a pipeline that is given none: below the current one. */
    public static DataDirectory of(String pipeline, @Nullable Path given) {
        return new DataDirectory(given == null ? Path.of("tidetable-data", pipeline) : given);
    }

    public Path path() {
        return path;
    }

    /**
     * Takes the folder, making it first where there is none.
     *
     * @throws TidetableException TT-111 when another process holds it, TT-112 when it cannot be
     *     used
     */
    public void lock() {
        try {
            create();
            FileChannel opened =
                    FileChannel.open(
                            path.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            if (!takenInTime(opened)) {
                opened.close();
                throw heldByAnother();
            }
            channel = opened;
            Files.deleteIfExists(path.resolve(ADDRESS));
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-112",
                    "the data folder %s cannot be used: %s; give another with --data, or the right to write there"
                            .formatted(path, e),
                    e);
        }
    }

    private void create() throws IOException {
        if (Files.isDirectory(path)) {
            return;
        }
        if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(Objects.requireNonNull(path.getParent()));
            Files.createDirectory(
                    path,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(path);
        }
    }

    /** Somebody who only looks whether it is held holds it for a moment. */
    private static boolean takenInTime(FileChannel opened) throws IOException {
        for (int i = 0; i < 10; i++) {
            if (taken(opened)) {
                return true;
            }
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
        return false;
    }

    private static boolean taken(FileChannel opened) throws IOException {
        try {
            FileLock lock = opened.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private TidetableException heldByAnother() {
        return new TidetableException(
                "TT-111",
                "the data folder %s is in use by another process%s; stop that one first, or give this pipeline a name or folder of its own"
                        .formatted(path, address().map(url -> " (" + url + ")").orElse("")));
    }

    /** Writes down where this process is reached. */
    public void publish(String url) {
        try {
            Path draft = Files.writeString(path.resolve(ADDRESS + ".new"), url);
            Files.move(
                    draft,
                    path.resolve(ADDRESS),
                    java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-112", "the data folder %s cannot be written: %s".formatted(path, e), e);
        }
    }

    /** Where the process that holds the folder is reached; empty when nobody holds it. */
    public Optional<String> runningAt() {
        if (!Files.exists(path.resolve(LOCK))) {
            return Optional.empty();
        }
        try (FileChannel opened = FileChannel.open(path.resolve(LOCK), StandardOpenOption.WRITE)) {
            return taken(opened) ? Optional.empty() : address();
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-112", "the data folder %s cannot be used: %s".formatted(path, e), e);
        }
    }

    private Optional<String> address() {
        try {
            return Optional.of(Files.readString(path.resolve(ADDRESS)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Gives the folder back. */
    @Override
    public void close() {
        FileChannel held = channel;
        channel = null;
        if (held == null) {
            return;
        }
        try (held) {
            Files.deleteIfExists(path.resolve(ADDRESS));
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-112", "the data folder %s cannot be written: %s".formatted(path, e), e);
        }
    }
}
