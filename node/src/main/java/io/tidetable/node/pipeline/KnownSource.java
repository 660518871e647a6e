package io.tidetable.node.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidetable.model.SourceIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Which source the data folder's journal belongs to, in a file that is whole or not there. */
final class KnownSource {
    private final Path file;

    KnownSource(Path directory) {
        file = directory.resolve("source");
    }

    /** How a source stands in the file. */
    static String words(SourceIdentity identity) {
        return identity.systemId() + " " + identity.timeline();
    }

    /** What was written last; empty before the first time. */
    Optional<String> read() throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        return Optional.of(Files.readString(file).strip());
    }

    /** Written beside it and then renamed: a full disk leaves the old one as it is. */
    void write(SourceIdentity identity) throws IOException {
        String words = words(identity);
        if (read().filter(words::equals).isPresent()) {
            return;
        }
        Path next = file.resolveSibling("source.tmp");
        try (FileChannel channel =
                FileChannel.open(
                        next,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(words.getBytes(UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
