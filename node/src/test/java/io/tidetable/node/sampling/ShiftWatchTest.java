package io.tidetable.node.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Drives shifts and no shifts through the watch. Every window has rows of its own. */
class ShiftWatchTest {
    private static final int ROWS = 5_000;
    private static final int COLUMNS = 20;
    private static final double FALSE_ALARMS = 0.01;

    private static SampleProfile window(Random random, int rows, int columns, double shift) {
        List<ColumnProfile> profiles = new ArrayList<>();
        for (int i = 0; i < columns; i++) {
            profiles.add(column(random, rows, i, i == 3 ? shift : 0));
        }
        return new SampleProfile(profiles);
    }

    /** Normal, long-tailed, whole numbers with ties, categories, and with nulls, by turns. */
    private static ColumnProfile column(Random random, int rows, int number, double shift) {
        String name = "column" + number;
        if (number % 5 == 2) {
            SortedMap<String, Long> counts = new TreeMap<>();
            for (int i = 0; i < rows; i++) {
                counts.merge("v" + (int) Math.abs(random.nextGaussian() * 4), 1L, Long::sum);
            }
            return new ColumnProfile(name, rows, 0, null, counts);
        }
        double[] values = new double[rows];
        int filled = 0;
        for (int i = 0; i < rows; i++) {
            double value = random.nextGaussian() + shift;
            switch (number % 5) {
                case 0 -> values[filled++] = Math.exp(2 * value);
                case 1 -> values[filled++] = Math.rint(value * 3);
                case 4 -> {
                    if (random.nextInt(10) > 0) {
                        values[filled++] = value;
                    }
                }
                default -> values[filled++] = value;
            }
        }
        return new ColumnProfile(
                name,
                rows,
                rows - filled,
                Numbers.of(java.util.Arrays.copyOf(values, filled)),
                null);
    }

    private static int found(long seed, int trials) {
        int found = 0;
        Random random = new Random(seed);
        for (int trial = 0; trial < trials; trial++) {
            ShiftWatch watch = new ShiftWatch(window(random, ROWS, COLUMNS, 0), FALSE_ALARMS, 2);
            boolean seen = watch.see(window(random, ROWS, COLUMNS, 0.1)).isEmpty();
            seen &=
                    watch.see(window(random, ROWS, COLUMNS, 0.1)).stream()
                            .anyMatch(shift -> shift.column().equals("column3"));
            found += seen ? 1 : 0;
        }
        return found;
    }

    /** A new baseline after each ten windows, and after each alarm. */
    private static int falseAlarms(long seed, int windows) {
        int alarms = 0;
        Random random = new Random(seed);
        ShiftWatch watch = new ShiftWatch(window(random, ROWS, COLUMNS, 0), FALSE_ALARMS, 2);
        for (int i = 1; i <= windows; i++) {
            boolean alarm = !watch.see(window(random, ROWS, COLUMNS, 0)).isEmpty();
            alarms += alarm ? 1 : 0;
            if (alarm || i % 10 == 0) {
                watch = new ShiftWatch(window(random, ROWS, COLUMNS, 0), FALSE_ALARMS, 2);
            }
        }
        return alarms;
    }

    @Test
    void aTenthOfAStandardDeviationInOneOfTwentyColumnsIsFoundNineTimesInTen() {
        assertThat(found(1, 50)).as("seed 1").isGreaterThanOrEqualTo(45);
    }

    @Test
    void withoutAShiftAtMostOneWindowInAHundredIsAnAlarm() {
        assertThat(falseAlarms(2, 200)).as("seed 2").isLessThanOrEqualTo(2);
    }

    @Test
    @Tag("wide")
    void bothHoldOverManyMoreTrials() {
        int found = found(1000, 400);
        int alarms = falseAlarms(3, 3000);
        System.out.printf(
                "0.1 standard deviations found %d of 400 times; %d alarms in 3000 windows without a shift%n",
                found, alarms);
        assertThat(found).isGreaterThanOrEqualTo(360);
        assertThat(alarms).isLessThanOrEqualTo(30);
    }
}
