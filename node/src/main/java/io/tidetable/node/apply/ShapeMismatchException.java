package io.tidetable.node.apply;

import java.util.Set;

/** A table's shape in the change stream does not fit the destination's table. */
public final class ShapeMismatchException extends TableApplyException {
    private final transient ShapeMismatch mismatch;

    ShapeMismatchException(ShapeMismatch mismatch) {
        super(
                "TT-454",
                Set.of(mismatch.shape().table()),
                "%s cannot be written as the source describes it: %s; its lane waits"
                        .formatted(mismatch.shape().table(), mismatch.describe()),
                null);
        this.mismatch = mismatch;
    }

    public ShapeMismatch mismatch() {
        return mismatch;
    }
}
