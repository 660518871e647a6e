package io.tidetable.node.journal.local;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * File work that an interruption of its thread does not break off: channels close themselves when
 * that happens, so the work is done again, and the interruption kept for the thread.
 */
final class Uninterrupted {
    private Uninterrupted() {}

    /** Does the work, again when a channel was closed under it. */
    static <T> T call(Work<T> work, Retry retry) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return work.call();
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    retry.prepare(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @FunctionalInterface
    interface Work<T> {
        T call() throws IOException;
    }

    /** Makes ready for another try, or throws. */
    @FunctionalInterface
    interface Retry {
        void prepare(ClosedChannelException why) throws IOException;
    }
}
