package io.tidetable.node.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.commons.statistics.inference.ChiSquareTest;
import org.apache.commons.statistics.inference.KolmogorovSmirnovTest;
import org.apache.commons.statistics.inference.MannWhitneyUTest;
import org.apache.commons.statistics.inference.SignificanceResult;

/**
 * The tests of a column against its baseline. Numbers by rank (Mann-Whitney), which sees a moved
 * middle soonest, and by the whole distribution (Kolmogorov-Smirnov), which sees every other
 * change; categories and the share of nulls by chi-square.
 */
final class ShiftTests {
    private static final String LOCATION = "Mann-Whitney U";
    private static final String SHAPE = "Kolmogorov-Smirnov D";
    private static final String CATEGORIES = "chi-square of values";
    private static final String NULLS = "chi-square of nulls";

    /** What the test of the middle may spend of a column's error; the whole shape has the rest. */
    private static final double LOCATION_SHARE = 0.8;

    /** Chi-square is no good for cells that are expected to hold less. */
    private static final double LEAST_EXPECTED = 5;

    private static final String OTHERS = "\uFFFFothers";

    private ShiftTests() {}

    /** Compares every column that both have; a column without its counterpart is left out. */
    static List<ColumnTest> compare(SampleProfile baseline, SampleProfile now) {
        Map<String, ColumnProfile> before = new HashMap<>();
        baseline.columns().forEach(column -> before.put(column.column(), column));
        List<ColumnTest> tests = new ArrayList<>();
        for (ColumnProfile column : now.columns()) {
            ColumnProfile counterpart = before.get(column.column());
            if (counterpart != null) {
                tests.add(compare(counterpart, column));
            }
        }
        return tests;
    }

    private record Part(String statistic, double value, double p) {}

    /** The strongest of its tests, with each one's p raised by how many there are. */
    private static ColumnTest compare(ColumnProfile before, ColumnProfile now) {
        List<Part> parts = new ArrayList<>();
        if (before.nulls() + now.nulls() > 0) {
            parts.add(
                    chiSquare(
                            NULLS,
                            new long[] {before.nulls(), before.rows() - before.nulls()},
                            new long[] {now.nulls(), now.rows() - now.nulls()}));
        }
        Numbers from = before.numbers();
        Numbers to = now.numbers();
        if (from != null && to != null && from.size() > 1 && to.size() > 1) {
            parts.add(numbers(from, to));
        }
        SortedMap<String, Long> had = before.categories();
        SortedMap<String, Long> has = now.categories();
        if (had != null && has != null) {
            parts.add(categories(had, has));
        }
        ColumnTest strongest = ColumnTest.same(now.column());
        for (Part part : parts) {
            double p = Math.min(1, part.p() * parts.size());
            if (p < strongest.p() || strongest.statistic().equals("none")) {
                strongest = new ColumnTest(now.column(), part.statistic(), part.value(), p);
            }
        }
        return strongest;
    }

    private static Part numbers(Numbers from, Numbers to) {
        Part shape = shape(from, to);
        Part location = location(from, to);
        double shapeP = Math.min(1, shape.p() / (1 - LOCATION_SHARE));
        double locationP = Math.min(1, location.p() / LOCATION_SHARE);
        return shapeP < locationP
                ? new Part(shape.statistic(), shape.value(), shapeP)
                : new Part(location.statistic(), location.value(), locationP);
    }

    private static Part shape(Numbers from, Numbers to) {
        if (from instanceof Numbers.Exact(double[] a) && to instanceof Numbers.Exact(double[] b)) {
            var result = KolmogorovSmirnovTest.withDefaults().test(a, b);
            return new Part(SHAPE, result.getStatistic(), result.getPValue());
        }
        double d = 0;
        for (double value : from.sorted()) {
            d = Math.max(d, Math.abs(from.shareUpTo(value) - to.shareUpTo(value)));
        }
        for (double value : to.sorted()) {
            d = Math.max(d, Math.abs(from.shareUpTo(value) - to.shareUpTo(value)));
        }
        return new Part(SHAPE, d, kolmogorov(d, from.size(), to.size()));
    }

    /** The asymptotic distribution of D: the counts are large wherever it is used. */
    private static double kolmogorov(double d, long n, long m) {
        double effective = Math.sqrt((double) n * m / (n + m));
        double x = (effective + 0.12 + 0.11 / effective) * d;
        double sum = 0;
        for (int k = 1; k <= 100; k++) {
            double term = 2 * Math.exp(-2.0 * k * k * x * x);
            sum += k % 2 == 1 ? term : -term;
            if (term < 1e-16) {
                break;
            }
        }
        return x < 0.2 ? 1 : Math.clamp(sum, 0, 1);
    }

    private static Part location(Numbers from, Numbers to) {
        double[] a = from.sorted();
        double[] b = to.sorted();
        if (a[0] == a[a.length - 1] && b[0] == b[b.length - 1] && a[0] == b[0]) {
            return new Part(LOCATION, 0, 1);
        }
        var result = MannWhitneyUTest.withDefaults().test(a, b);
        return new Part(LOCATION, result.getStatistic(), result.getPValue());
    }

    /** Rare values count together, or chance would be taken for a shift. */
    private static Part categories(SortedMap<String, Long> had, SortedMap<String, Long> has) {
        SortedSet<String> all = new TreeSet<>(had.keySet());
        all.addAll(has.keySet());
        long before = had.values().stream().mapToLong(Long::longValue).sum();
        long now = has.values().stream().mapToLong(Long::longValue).sum();
        if (before == 0 || now == 0) {
            return new Part(CATEGORIES, 0, 1);
        }
        double least = (double) Math.min(before, now) / (before + now);
        Map<String, long[]> cells = new HashMap<>();
        for (String value : all) {
            long first = had.getOrDefault(value, 0L);
            long second = has.getOrDefault(value, 0L);
            String cell = (first + second) * least < LEAST_EXPECTED ? OTHERS : value;
            long[] counts = cells.computeIfAbsent(cell, _ -> new long[2]);
            counts[0] += first;
            counts[1] += second;
        }
        long[] others = cells.get(OTHERS);
        if (others != null && (others[0] + others[1]) * least < LEAST_EXPECTED) {
            cells.remove(OTHERS);
        }
        return chiSquare(
                CATEGORIES,
                cells.values().stream().mapToLong(counts -> counts[0]).toArray(),
                cells.values().stream().mapToLong(counts -> counts[1]).toArray());
    }

    private static Part chiSquare(String name, long[] before, long[] now) {
        long first = Arrays.stream(before).sum();
        long second = Arrays.stream(now).sum();
        int filled = 0;
        double least = Double.MAX_VALUE;
        for (int i = 0; i < before.length; i++) {
            long both = before[i] + now[i];
            if (both > 0) {
                filled++;
                least = Math.min(least, both * (double) Math.min(first, second) / (first + second));
            }
        }
        if (filled < 2 || first == 0 || second == 0 || least < LEAST_EXPECTED) {
            return new Part(name, 0, 1);
        }
        SignificanceResult result =
                Objects.requireNonNull(
                        ChiSquareTest.withDefaults().test(new long[][] {before, now}));
        return new Part(name, result.getStatistic(), result.getPValue());
    }
}
