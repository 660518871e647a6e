package io.tidetable.node.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How many rows fall where, for people to look at.
 *
 * @param labels of the bins, as many as counts
 */
public record Histogram(List<String> labels, List<Long> counts) {
    /** Bins of numbers: tenths of the baseline. */
    private static final int BINS = 10;

    private static final double SLIGHT = 0.1;
    private static final double STRONG = 0.25;
    private static final double SMALLEST_SHARE = 1e-4;

    public Histogram {
        labels = List.copyOf(labels);
        counts = List.copyOf(counts);
        if (labels.size() != counts.size()) {
            throw new IllegalArgumentException("as many labels as counts");
        }
    }

    /** Two histograms over the same bins. */
    public record Pair(Histogram baseline, Histogram now) {
        /** The population stability index: how far apart they are, as credit scoring counts it. */
        public double stabilityIndex() {
            double before = Math.max(1, baseline.total());
            double after = Math.max(1, now.total());
            double sum = 0;
            for (int i = 0; i < baseline.counts().size(); i++) {
                double p = Math.max(SMALLEST_SHARE, baseline.counts().get(i) / before);
                double q = Math.max(SMALLEST_SHARE, now.counts().get(i) / after);
                sum += (q - p) * Math.log(q / p);
            }
            return sum;
        }

        /** The usual words for the index; it is no test, and small shifts have none. */
        public String severity() {
            double index = stabilityIndex();
            if (index < SLIGHT) {
                return "small";
            }
            return index < STRONG ? "moderate" : "large";
        }
    }

    private long total() {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    /** The bins in which a column and its baseline are shown. */
    static Pair of(ColumnProfile baseline, ColumnProfile now) {
        SortedMap<String, Long> had = baseline.categories();
        SortedMap<String, Long> has = now.categories();
        List<String> labels = new ArrayList<>();
        List<Long> before = new ArrayList<>();
        List<Long> after = new ArrayList<>();
        Numbers from = baseline.numbers();
        Numbers to = now.numbers();
        if (had != null && has != null) {
            SortedSet<String> values = new TreeSet<>(had.keySet());
            values.addAll(has.keySet());
            for (String value : values) {
                labels.add(value);
                before.add(had.getOrDefault(value, 0L));
                after.add(has.getOrDefault(value, 0L));
            }
        } else if (from != null && to != null && from.size() > 0) {
            bins(from, to, labels, before, after);
        }
        labels.add("null");
        before.add(baseline.nulls());
        after.add(now.nulls());
        return new Pair(new Histogram(labels, before), new Histogram(labels, after));
    }

    private static void bins(
            Numbers from, Numbers to, List<String> labels, List<Long> before, List<Long> after) {
        double[] sorted = from.sorted();
        double lower = Double.NEGATIVE_INFINITY;
        for (int bin = 1; bin <= BINS; bin++) {
            double upper =
                    bin == BINS
                            ? Double.POSITIVE_INFINITY
                            : sorted[(int) ((long) bin * (sorted.length - 1) / BINS)];
            if (upper > lower) {
                labels.add(
                        upper == Double.POSITIVE_INFINITY
                                ? String.format(Locale.ROOT, "above %.6g", lower)
                                : String.format(Locale.ROOT, "to %.6g", upper));
                before.add(between(from, lower, upper));
                after.add(between(to, lower, upper));
                lower = upper;
            }
        }
    }

    private static long between(Numbers numbers, double lower, double upper) {
        double below = lower == Double.NEGATIVE_INFINITY ? 0 : numbers.shareUpTo(lower);
        double upTo = upper == Double.POSITIVE_INFINITY ? 1 : numbers.shareUpTo(upper);
        return Math.round((upTo - below) * numbers.size());
    }
}
