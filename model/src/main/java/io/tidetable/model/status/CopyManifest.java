package io.tidetable.model.status;

import io.tidetable.model.TableId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the first copy of a table consists of, as its destination knows it; without chunks where
 * none is needed or it is not planned yet.
 */
public record CopyManifest(TableId table, List<Chunk> chunks) {
    public CopyManifest {
        chunks = List.copyOf(chunks);
    }

    /**
     * A part of the copy.
     *
     * @param relation the table, or one of its partitions
     * @param firstBlock where it begins in the source's file
     * @param endBlock where it ends; null for the end of the file
     * @param done whether its rows are at the destination
     * @param rows copied; estimated where it is not done
     * @param bytes copied; estimated where it is not done
     */
    public record Chunk(
            int number,
            int attempt,
            String relation,
            long firstBlock,
            @Nullable Long endBlock,
            boolean done,
            long rows,
            long bytes) {}
}
