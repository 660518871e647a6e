package io.tidetable.forecast;

import io.tidetable.forecast.numeric.FourierTransform;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds up to two seasons in a series by its autocorrelation.
 *
 * <p>The straight trend is taken away first. A season is a lag at which the autocorrelation has a
 * peak of at least {@value #CLEAR}, {@value #DIP} above the valley before it, within a third of the
 * series; of all peaks at least half as high as the highest the shortest, moved up its hill. The
 * second season is sought in what the mean shape of the first leaves, and must be a multiple of the
 * first.
 */
final class SeasonSearch {
    private static final double CLEAR = 0.25;
    private static final double DIP = 0.15;
    private static final double HIGH = 0.5;
    private static final double HILL = 0.12;
    private static final double NEARLY_MULTIPLE = 0.02;
    private static final int LATEST = 1 << 15;

    private SeasonSearch() {}

    static Seasons find(Series series) {
        double[] values = series.last(Math.min(series.length(), LATEST)).filled();
        takeTrendAway(values);
        int first = peak(values, 2);
        if (first == 0) {
            return Seasons.none();
        }
        List<Integer> seasons = new ArrayList<>(List.of(first));
        takeShapeAway(values, first);
        int second = peak(values, 2 * first);
        long times = Math.round(second / (double) first);
        if (times >= 2 && Math.abs(second - times * first) <= NEARLY_MULTIPLE * second) {
            seasons.add((int) times * first);
        }
        return new Seasons(seasons);
    }

    /** The lag of the season's peak, 0 where there is none. */
    private static int peak(double[] values, int shortest) {
        double[] covariances = FourierTransform.autocovariances(values);
        if (covariances.length < 3 * shortest || !(covariances[0] > 0)) {
            return 0;
        }
        List<Integer> peaks = new ArrayList<>();
        double highest = 0;
        double valley = 1;
        for (int lag = 1; lag <= covariances.length / 3; lag++) {
            double here = correlation(covariances, lag);
            boolean top =
                    here >= correlation(covariances, lag - 1)
                            && here > correlation(covariances, lag + 1);
            if (lag >= shortest && top && here >= CLEAR && here >= valley + DIP) {
                peaks.add(lag);
                highest = Math.max(highest, here);
            }
            valley = Math.min(valley, here);
        }
        for (int lag : peaks) {
            if (correlation(covariances, lag) >= HIGH * highest) {
                return climb(covariances, lag);
            }
        }
        return 0;
    }

    /** The top of the hill on whose side a small peak of noise was found. */
    private static int climb(double[] covariances, int start) {
        int top = start;
        int before;
        do {
            before = top;
            int reach = Math.min((int) (before * (1 + HILL)), covariances.length / 3);
            for (int lag = (int) Math.ceil(before * (1 - HILL)); lag <= reach; lag++) {
                if (correlation(covariances, lag) > correlation(covariances, top)) {
                    top = lag;
                }
            }
        } while (top != before);
        return top;
    }

    /** Unbiased for the number of pairs, so that long seasons are not put at a disadvantage. */
    private static double correlation(double[] covariances, int lag) {
        double pairs = (covariances.length - lag) / (double) covariances.length;
        return covariances[lag] / covariances[0] / pairs;
    }

    private static void takeTrendAway(double[] values) {
        double middle = (values.length - 1) / 2.0;
        double mean = 0;
        double slope = 0;
        double times = 0;
        for (int i = 0; i < values.length; i++) {
            mean += values[i] / values.length;
            slope += (i - middle) * values[i];
            times += (i - middle) * (i - middle);
        }
        slope = times > 0 ? slope / times : 0;
        for (int i = 0; i < values.length; i++) {
            values[i] -= mean + slope * (i - middle);
        }
        double magnitude = 0;
        for (double value : values) {
            magnitude = Math.max(magnitude, Math.abs(value));
        }
        boolean rounding = magnitude <= 1e-12 * Math.abs(mean);
        for (int i = 0; i < values.length; i++) {
            values[i] = rounding ? 0 : values[i];
        }
    }

    private static void takeShapeAway(double[] values, int season) {
        for (int phase = 0; phase < season; phase++) {
            double sum = 0;
            int count = 0;
            for (int i = phase; i < values.length; i += season) {
                sum += values[i];
                count++;
            }
            for (int i = phase; i < values.length; i += season) {
                values[i] -= sum / count;
            }
        }
    }
}
