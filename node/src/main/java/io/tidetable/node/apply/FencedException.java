package io.tidetable.node.apply;

import io.tidetable.model.TidetableException;

/**
 * The destination's progress of the lane was not what the batch expected: nothing was written. The
 * lane's progress is to be read again; somebody else owns the lane where {@link #ownerChanged}.
 */
public final class FencedException extends TidetableException {
    private final boolean ownerChanged;

    FencedException(Progress expected, String found, boolean ownerChanged) {
        super(
                "TT-450",
                ("lane %s expected epoch %d at %s in the destination and found %s; the batch was"
                                + " rolled back, %s")
                        .formatted(
                                expected.lane(),
                                expected.epoch(),
                                expected.position(),
                                found,
                                ownerChanged
                                        ? "another node owns the lane now"
                                        : "the lane goes on from what the destination holds"));
        this.ownerChanged = ownerChanged;
    }

    /** Whether a newer owner has claimed the lane, or its progress is gone. */
    public boolean ownerChanged() {
        return ownerChanged;
    }
}
