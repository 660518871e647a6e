package io.tidetable.node.queue;

import java.util.List;

/**
 * How a leaf stands in the queue.
 *
 * @param path names from below the root down to it
 * @param weight among the members of its group
 * @param share of the whole service it is due while everybody has work, 0 to 1
 * @param active whether it has work
 * @param running grants running
 * @param grants grants given so far
 * @param bytes moved so far
 * @param rows moved so far
 */
public record Standing(
        List<String> path,
        double weight,
        double share,
        boolean active,
        int running,
        long grants,
        long bytes,
        long rows) {
    public Standing {
        path = List.copyOf(path);
    }
}
