package io.tidetable.node.sampling;

/**
 * How unlike a column is to its baseline.
 *
 * @param statistic the name of the one that shows it most
 * @param value of that statistic
 * @param p probability of values as unlike without a shift, over all tests of the column
 */
public record ColumnTest(String column, String statistic, double value, double p) {
    /** Nothing to compare. */
    static ColumnTest same(String column) {
        return new ColumnTest(column, "none", 0, 1);
    }
}
