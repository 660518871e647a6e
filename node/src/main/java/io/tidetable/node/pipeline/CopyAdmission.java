package io.tidetable.node.pipeline;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Lets first copies begin a few at a time, the most important tables first: each that has begun
 * holds a snapshot of the source, and with it a connection. Thread-safe.
 */
final class CopyAdmission {
    private final int most;
    private final Consumer<CopyJob> begin;
    private final Deque<CopyJob> waiting = new ArrayDeque<>();
    private final Set<CopyJob> admitted = new HashSet<>();

    /**
     * Nothing waits yet.
     *
     * @param most copies at the same time
     * @param begin what sets an admitted copy going; must not block
     */
    CopyAdmission(int most, Consumer<CopyJob> begin) {
        this.most = most;
        this.begin = begin;
    }

    /** Copies that are to be made. */
    synchronized void add(Collection<CopyJob> jobs) {
        jobs.stream()
                .sorted(Comparator.comparingInt(job -> -job.laneTable().priority()))
                .forEach(waiting::add);
        admit();
    }

    /** The copy is over, or cannot go on before somebody has mended something. */
    synchronized void ended(CopyJob job) {
        admitted.remove(job);
        admit();
    }

    private void admit() {
        while (admitted.size() < most && !waiting.isEmpty()) {
            CopyJob next = waiting.remove();
            admitted.add(next);
            begin.accept(next);
        }
    }
}
