package io.tidetable.node.sampling;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Watches the windows of one table's sample. A window speaks against a column where its test stands
 * out among all columns (Benjamini-Hochberg); a shift is what several windows in a row say of the
 * same column. Not thread-safe.
 */
public final class ShiftWatch {
    private final SampleProfile baseline;
    private final double level;
    private final int windowsInARow;
    private final Map<String, Integer> against = new HashMap<>();

    /**
     * Watches against a baseline.
     *
     * @param falseAlarms tolerated probability of a false alarm per window, over all columns
     * @param windowsInARow windows that must speak against a column, at least 1
     */
    public ShiftWatch(SampleProfile baseline, double falseAlarms, int windowsInARow) {
        this.baseline = baseline;
        this.windowsInARow = windowsInARow;
        level = level(falseAlarms, windowsInARow);
    }

    /**
     * What one window may err by, so that several in a row rarely do. All are compared with the
     * same baseline, so they err together more often than by chance: the exponent goes to a fifth,
     * where independent windows would let it go to nothing. Measured for two windows.
     */
    static double level(double falseAlarms, int windowsInARow) {
        return Math.pow(falseAlarms, (windowsInARow + 4) / (5.0 * windowsInARow));
    }

    /** Takes one window in; the shifts that it completes, none as a rule. */
    public List<Shift> see(SampleProfile window) {
        List<ColumnTest> tests = ShiftTests.compare(baseline, window);
        Set<String> standOut = standOut(tests);
        against.keySet().retainAll(standOut);
        standOut.forEach(column -> against.merge(column, 1, Integer::sum));
        List<Shift> shifts = new ArrayList<>();
        for (ColumnTest test : tests) {
            if (against.getOrDefault(test.column(), 0) >= windowsInARow) {
                shifts.add(
                        new Shift(
                                test.column(),
                                test.statistic(),
                                test.value(),
                                test.p(),
                                Histogram.of(
                                        profile(baseline, test.column()),
                                        profile(window, test.column()))));
            }
        }
        return shifts;
    }

    private static ColumnProfile profile(SampleProfile sample, String column) {
        return sample.columns().stream()
                .filter(profile -> profile.column().equals(column))
                .findFirst()
                .orElseThrow();
    }

    /** Benjamini and Hochberg's procedure. */
    private Set<String> standOut(List<ColumnTest> tests) {
        List<ColumnTest> sorted =
                tests.stream().sorted((a, b) -> Double.compare(a.p(), b.p())).toList();
        int last =
                IntStream.range(0, sorted.size())
                        .filter(i -> sorted.get(i).p() <= level * (i + 1) / sorted.size())
                        .max()
                        .orElse(-1);
        Set<String> columns = new HashSet<>();
        sorted.subList(0, last + 1).forEach(test -> columns.add(test.column()));
        return columns;
    }
}
