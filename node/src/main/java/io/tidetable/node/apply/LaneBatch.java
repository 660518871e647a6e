package io.tidetable.node.apply;

import io.tidetable.model.Position;
import io.tidetable.node.journal.TransactionPart;
import java.util.List;

/**
 * Whole source transactions of one lane, in commit order, to be applied in one destination
 * transaction.
 *
 * @param expected the progress the destination holds before
 * @param parts the transactions; may be empty, then only the progress moves
 * @param upTo the position the lane has reached once they are applied
 */
public record LaneBatch(
        Progress expected, List<TransactionPart> parts, Position upTo, ApplyMode mode) {
    public LaneBatch {
        parts = List.copyOf(parts);
        Position before = expected.position();
        for (TransactionPart part : parts) {
            if (!part.position().isAfter(before)) {
                throw new IllegalArgumentException(
                        "lane %s is at %s, a transaction at %s must not follow it"
                                .formatted(expected.lane(), before, part.position()));
            }
            before = part.position();
        }
        if (before.isAfter(upTo)) {
            throw new IllegalArgumentException(
                    "a batch up to %s holds a transaction at %s".formatted(upTo, before));
        }
    }
}
