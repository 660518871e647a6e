package io.tidetable.forecast.method;

import io.tidetable.forecast.Seasons;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which earlier values a linear autoregression looks at: the last three, then the neighbourhood of
 * one, two and three seasons ago, single seasons up to six, and the neighbourhood of seven (a week
 * where the season is a day); a second season has the neighbourhoods of one and two.
 *
 * <p>For a season of 24: 1-3, 23-25, 47-49, 71-73, 96, 120, 144, 167-169. The stretch before a
 * season of more than {@value #LONG_SEASON} steps is bridged by doublings. Without seasons: 1 to
 * {@value #WITHOUT_SEASON}. Short series use only the lags that leave rows enough to learn from.
 */
final class SparseLags {
    private static final int LATEST = 3;
    private static final int LONG_SEASON = 48;
    private static final int WITHOUT_SEASON = 12;
    private static final double LONGEST_SHARE = 0.45;
    private static final double COUNT_SHARE = 0.25;

    private SparseLags() {}

    /** The lags, ascending, for a series of this length; at least one. */
    static int[] of(Seasons seasons, int length) {
        TreeSet<Integer> lags = new TreeSet<>();
        for (int lag = 1; lag <= (seasons.isEmpty() ? WITHOUT_SEASON : LATEST); lag++) {
            lags.add(lag);
        }
        if (!seasons.isEmpty()) {
            int season = seasons.shortest();
            if (season > LONG_SEASON) {
                for (int lag = 2 * LATEST; lag < season / 2; lag *= 2) {
                    lags.add(lag);
                }
            }
            addNeighbourhood(lags, 3 * season);
            lags.add(4 * season);
            lags.add(5 * season);
            lags.add(6 * season);
            addNeighbourhood(lags, 7 * season);
        }
        for (int season : seasons.steps()) {
            addNeighbourhood(lags, season);
            addNeighbourhood(lags, 2 * season);
        }
        int longest = Math.max(1, (int) (length * LONGEST_SHARE));
        int most = Math.max(1, (int) (length * COUNT_SHARE));
        return lags.stream()
                .filter(lag -> lag <= longest)
                .limit(most)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static void addNeighbourhood(Set<Integer> lags, int lag) {
        lags.add(lag - 1);
        lags.add(lag);
        lags.add(lag + 1);
    }
}
