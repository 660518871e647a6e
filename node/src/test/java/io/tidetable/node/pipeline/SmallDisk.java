package io.tidetable.node.pipeline;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * A file system of a few megabytes, to be filled to its last byte. Only root can mount one: a test
 * that needs it is left out for others, and says so.
 */
final class SmallDisk implements AutoCloseable {
    private final Path directory;
    private final Path image;

    private SmallDisk(Path directory, Path image) {
        this.directory = directory;
        this.image = image;
    }

    static SmallDisk mount(Path directory, int megabytes) throws IOException {
        Files.createDirectories(directory);
        Path image = Files.createTempFile("tidetable-disk-", ".ext4");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(megabytes * (1L << 20));
        }
        boolean mounted =
                run("mkfs.ext4", "-q", "-F", "-m", "0", image.toString())
                        && run("mount", "-o", "loop", image.toString(), directory.toString());
        if (!mounted) {
            Files.delete(image);
        }
        Assumptions.assumeTrue(mounted, "only root can mount a small disk");
        return new SmallDisk(directory, image);
    }

    Path directory() {
        return directory;
    }

    /** Somebody else's file takes all the room that is left. */
    void fill() throws IOException {
        byte[] megabyte = new byte[1 << 20];
        try (var file = Files.newOutputStream(filler())) {
            for (int length = megabyte.length; length > 0; ) {
                try {
                    file.write(megabyte, 0, length);
                } catch (IOException e) {
                    length /= 2;
                }
            }
        }
    }

    /** The other's file goes. */
    void makeRoom() throws IOException {
        Files.delete(filler());
    }

    private Path filler() {
        return directory.resolve("filler");
    }

    private static boolean run(String... command) {
        try {
            return new ProcessBuilder(List.of(command)).inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            // There is no such program here.
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        run("umount", "-l", directory.toString());
        Files.delete(image);
    }
}
