package io.tidetable.app.demo;

/**
 * How busy the shop is over its day: quiet at night, a first wave before noon, a higher one in the
 * evening, and now and then a burst.
 *
 * <pre>
 * share(h)  = 0.15 + 0.55 e^(-((h - 11) / 2.5)^2) + 0.85 e^(-((h - 20) / 2)^2)
 * burst(h)  = 2.5 for the first tenth of every third hour of the day while it is open, else 1
 * </pre>
 */
final class Rhythm {
    private Rhythm() {}

    /** Share of the greatest load at an hour of the day, 0 to about 2.5 in a burst. */
    static double at(double hour) {
        return wave(hour) * burst(hour);
    }

    private static double wave(double hour) {
        return 0.15 + 0.55 * bell((hour - 11) / 2.5) + 0.85 * bell(distance(hour, 20) / 2);
    }

    private static double burst(double hour) {
        boolean open = hour >= 8 && hour < 23;
        return open && hour % 3 < 0.3 ? 2.5 : 1;
    }

    /** The bulk job runs at night. */
    static boolean isNight(double hour) {
        return hour >= 1 && hour < 4;
    }

    private static double bell(double x) {
        return Math.exp(-x * x);
    }

    private static double distance(double hour, double peak) {
        double apart = Math.abs(hour - peak) % 24;
        return Math.min(apart, 24 - apart);
    }
}
