package io.tidetable.node.queue;

/**
 * What a batch costs: its bytes and its rows, each row counted as so many bytes, added or the
 * larger of the two.
 *
 * @param bytesPerRow what applying a row costs beside its bytes, in bytes
 * @param combination how the two are brought together
 * @param firstExpectation what the first batch of a leaf is expected to cost, in bytes
 */
public record CostRule(double bytesPerRow, Combination combination, double firstExpectation) {
    /** How the cost of bytes and the cost of rows are brought together. */
    public enum Combination {
        /** Both take their time one after the other. */
        SUM,
        /** The slower one decides. */
        LARGER
    }

    /** Bytes plus 100 bytes for each row; a first batch is taken for 64 kB. */
    public static final CostRule DEFAULT = new CostRule(100, Combination.SUM, 64 * 1024);

    public CostRule {
        if (!(bytesPerRow >= 0 && bytesPerRow < 1e9)
                || !(firstExpectation >= 1 && firstExpectation < 1e15)) {
            throw new IllegalArgumentException(
                    "a row costs 0 to 1e9 bytes and a first batch 1 to 1e15, got %s and %s"
                            .formatted(bytesPerRow, firstExpectation));
        }
    }

    /** The cost of a batch; at least 1, so that empty ones are not free. */
    double cost(long bytes, long rows) {
        if (bytes < 0 || rows < 0) {
            throw new IllegalArgumentException(
                    "a batch cannot have %d bytes and %d rows".formatted(bytes, rows));
        }
        double ofRows = rows * bytesPerRow;
        double cost =
                switch (combination) {
                    case SUM -> (double) bytes + ofRows;
                    case LARGER -> Math.max((double) bytes, ofRows);
                };
        return Math.max(1, cost);
    }
}
