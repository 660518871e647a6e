package io.tidetable.node.copy;

import io.tidetable.model.ByteSize;
import java.time.Duration;

/**
 * How tables are copied.
 *
 * @param chunkSize bytes of the source's disk that one chunk is meant to cover
 * @param snapshotLimit how long a copy holds one snapshot of the source at the most
 */
public record CopySettings(ByteSize chunkSize, Duration snapshotLimit) {
    public static final CopySettings DEFAULT =
            new CopySettings(ByteSize.megabytes(64), Duration.ofMinutes(30));

    public CopySettings {
        if (chunkSize.bytes() < 8192) {
            throw new IllegalArgumentException(
                    "a chunk covers at least one block of 8 kB, got " + chunkSize);
        }
        if (!snapshotLimit.isPositive()) {
            throw new IllegalArgumentException(
                    "a snapshot is held for some time, got a limit of " + snapshotLimit);
        }
    }
}
