package io.tidetable.node.sampling;

import org.apache.commons.statistics.distribution.NormalDistribution;

/** How many rows of a table tell enough about all of them. */
public final class SampleSize {
    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    /** A sample by hash has its size by chance; it falls short of it once in a thousand. */
    private static final double SURE = 0.999;

    private SampleSize() {}

    /**
     * The rows from which any share of the table's rows is read with an error within the margin:
     * Cochran's size for a share of one half, corrected for the size of the table.
     *
     * @param margin largest error of a share, above 0 and below 1
     * @param confidence probability that the error stays within it, above 0 and below 1
     * @param tableRows rows of the table
     */
    public static long rows(double margin, double confidence, long tableRows) {
        if (!(margin > 0 && margin < 1) || !(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "margin and confidence lie between 0 and 1, got %s and %s"
                            .formatted(margin, confidence));
        }
        if (tableRows <= 0) {
            return 0;
        }
        double z = NORMAL.inverseCumulativeProbability(0.5 + confidence / 2);
        double endless = z * z * 0.25 / (margin * margin);
        return Math.min(
                tableRows, (long) Math.ceil(endless / (1 + (endless - 1) / (double) tableRows)));
    }

    /**
     * The share of all keys to sample, so that at least {@link #rows} of the table's rows are in
     * the sample 999 times in 1000. 1 where it takes all of them.
     */
    public static double share(double margin, double confidence, long tableRows) {
        long wanted = rows(margin, confidence, tableRows);
        if (wanted >= tableRows) {
            return 1;
        }
        double spare = NORMAL.inverseCumulativeProbability(SURE) * Math.sqrt((double) wanted);
        return Math.min(1, (wanted + spare) / tableRows);
    }
}
