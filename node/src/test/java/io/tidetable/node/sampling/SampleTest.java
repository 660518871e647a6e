package io.tidetable.node.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SampleTest {
    private static SampleProfile of(ColumnProfile column) {
        return new SampleProfile(List.of(column));
    }

    private static double[] normal(Random random, int rows, double shift, double spread) {
        return random.doubles(rows).map(_ -> random.nextGaussian() * spread + shift).toArray();
    }

    @Test
    void theSizeIsCochransWithItsCorrectionForTheTable() {
        assertThat(SampleSize.rows(0.02, 0.95, 1_000_000_000)).isEqualTo(2401);
        assertThat(SampleSize.rows(0.02, 0.95, 10_000)).isEqualTo(1937);
        assertThat(SampleSize.rows(0.02, 0.95, 100)).isEqualTo(97);
        assertThat(SampleSize.rows(0.02, 0.95, 0)).isZero();
        assertThat(SampleSize.share(0.02, 0.95, 1_000_000) * 1_000_000).isBetween(2500.0, 2600.0);
        assertThat(SampleSize.share(0.02, 0.95, 50)).isEqualTo(1.0);
    }

    @Test
    void aShareReadFromSuchASampleErrsByTheMarginAsOftenAsTheConfidenceSays() {
        Random random = new Random(5);
        long rows = SampleSize.rows(0.05, 0.95, 100_000);
        int beyond = 0;
        for (int trial = 0; trial < 1000; trial++) {
            long yes = random.doubles(rows).filter(value -> value < 0.5).count();
            beyond += Math.abs(yes / (double) rows - 0.5) > 0.05 ? 1 : 0;
        }
        assertThat(beyond).isBetween(25, 75);
    }

    @Test
    void aBaselineIsReadBackAsItWasWritten() {
        Random random = new Random(6);
        SortedMap<String, Long> values = new TreeMap<>(java.util.Map.of("a", 3L, "b", 4L));
        SampleProfile profile =
                new SampleProfile(
                        List.of(
                                new ColumnProfile(
                                        "small", 7, 0, Numbers.of(normal(random, 7, 0, 1)), null),
                                new ColumnProfile(
                                        "large",
                                        20_000,
                                        3,
                                        Numbers.of(normal(random, 20_000, 0, 1)),
                                        null),
                                new ColumnProfile("word", 7, 0, null, values)));

        SampleProfile read = SampleProfile.parse(profile.bytes());

        assertThat(read.bytes()).isEqualTo(profile.bytes());
        Numbers large = read.columns().get(1).numbers();
        assertThat(large).isInstanceOf(Numbers.Sketched.class);
        assertThat(large.shareUpTo(0)).isCloseTo(0.5, within(0.02));
    }

    @Test
    void aShiftAmongMoreNumbersThanAreKeptIsFoundInTheSketch() {
        Random random = new Random(7);
        int found = 0;
        for (int trial = 0; trial < 20; trial++) {
            ShiftWatch watch = new ShiftWatch(of(large(normal(random, 12_000, 0, 1))), 0.01, 1);
            found += watch.see(of(large(normal(random, 12_000, 0.1, 1)))).isEmpty() ? 0 : 1;
        }
        assertThat(found).isGreaterThanOrEqualTo(18);
    }

    private static ColumnProfile large(double[] values) {
        return new ColumnProfile("amount", values.length, 0, Numbers.of(values), null);
    }

    @Test
    void aWiderSpreadWithTheSameMiddleIsAShift() {
        Random random = new Random(8);
        ShiftWatch watch = new ShiftWatch(of(large(normal(random, 5000, 0, 1))), 0.01, 2);
        assertThat(watch.see(of(large(normal(random, 5000, 0, 1.3))))).isEmpty();
        assertThat(watch.see(of(large(normal(random, 5000, 0, 1.3)))))
                .singleElement()
                .satisfies(shift -> {
                    assertThat(shift.statistic()).contains("Kolmogorov");
                    assertThat(shift.p()).isLessThan(0.001);
                    assertThat(shift.histograms().baseline().counts()).hasSizeGreaterThan(9);
                });
    }

    @Test
    void oneOddWindowBetweenUsualOnesIsNoShift() {
        Random random = new Random(9);
        ShiftWatch watch = new ShiftWatch(of(large(normal(random, 2000, 0, 1))), 0.01, 2);
        for (int i = 0; i < 5; i++) {
            assertThat(watch.see(of(large(normal(random, 2000, 1, 1))))).isEmpty();
            assertThat(watch.see(of(large(normal(random, 2000, 0, 1))))).isEmpty();
        }
    }

    @Test
    void moreNullsAndOtherValuesAreShifts() {
        SortedMap<String, Long> before =
                new TreeMap<>(java.util.Map.of("open", 900L, "done", 100L));
        SortedMap<String, Long> after = new TreeMap<>(java.util.Map.of("open", 700L, "lost", 300L));
        ShiftWatch values =
                new ShiftWatch(of(new ColumnProfile("s", 1000, 0, null, before)), 0.01, 1);
        assertThat(values.see(of(new ColumnProfile("s", 1000, 0, null, after))))
                .singleElement()
                .satisfies(shift -> assertThat(shift.histograms().severity()).isEqualTo("large"));

        ShiftWatch nulls =
                new ShiftWatch(of(new ColumnProfile("s", 1000, 10, null, null)), 0.01, 1);
        assertThat(nulls.see(of(new ColumnProfile("s", 1000, 12, null, null)))).isEmpty();
        assertThat(nulls.see(of(new ColumnProfile("s", 1000, 60, null, null))))
                .singleElement()
                .satisfies(shift -> assertThat(shift.statistic()).contains("null"));
    }

    @Test
    void columnsOfOneValueOrOfFewRowsAreNoShift() {
        double[] same = new double[100];
        Arrays.fill(same, 7);
        ShiftWatch watch = new ShiftWatch(of(large(same)), 0.01, 1);
        assertThat(watch.see(of(large(same)))).isEmpty();
        ShiftWatch few = new ShiftWatch(of(large(new double[] {1})), 0.01, 1);
        assertThat(few.see(of(large(new double[] {5})))).isEmpty();
        ShiftWatch none = new ShiftWatch(of(large(new double[0])), 0.01, 1);
        assertThat(none.see(of(large(new double[] {5, 6})))).isEmpty();
    }
}
