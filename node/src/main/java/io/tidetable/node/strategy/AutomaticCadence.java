package io.tidetable.node.strategy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Chooses how often one table is refreshed, so that refreshes cost no more than applying its
 * changes would. With the costs <i>R</i> of a refresh and <i>c</i> of a change, and <i>r</i>
 * changes per second, that is so from a cadence of <i>R / (r c)</i> on. A freshness that was asked
 * for makes it shorter; no cadence is shorter than {@link #SHORTEST} or twice what a refresh takes,
 * and none is longer than {@link #LONGEST}. It changes only by a quarter or more, and by what three
 * looks in a row have said. Not thread-safe.
 */
public final class AutomaticCadence {
    /** However much changes. */
    public static final Duration SHORTEST = Duration.ofSeconds(5);

    /** However little changes. */
    public static final Duration LONGEST = Duration.ofDays(1);

    private static final int LOOKS = 3;
    private static final double MUCH = 1.25;
    private static final int SAMPLES = 12;
    private static final double NANOS = 1e9;

    private final Deque<Sample> samples = new ArrayDeque<>();
    private Choice current;
    private int agreeing;
    private boolean chosen;

    private record Sample(Instant at, long changes) {}

    /**
     * How often, and why.
     *
     * @param cadence from one refresh to the next
     * @param reason a sentence without its end
     */
    public record Choice(Duration cadence, String reason) {}

    /**
     * What is known of costs.
     *
     * @param refresh nanoseconds of an applier; null while it is not known
     * @param change the same of one change
     */
    public record Costs(@Nullable Double refresh, @Nullable Double change) {}

    /** A cadence that counts until costs are known. */
    public AutomaticCadence(Duration until) {
        current = new Choice(until, "what its refreshes and changes cost is not known yet");
    }

    /** What counts now. */
    public Choice current() {
        return current;
    }

    /**
     * Takes a look; at even intervals.
     *
     * @param changes of the table so far
     * @param now by a time that never jumps
     * @param freshness how old its rows may be where somebody said so
     * @return whether another cadence counts from now on
     */
    public boolean look(Costs costs, long changes, Instant now, @Nullable Duration freshness) {
        Sample last = samples.peekLast();
        if (last != null && changes < last.changes()) {
            // It is counted anew: on another track, or since a new beginning.
            samples.clear();
        }
        samples.add(new Sample(now, changes));
        if (samples.size() > SAMPLES) {
            samples.remove();
        }
        if (samples.size() <= LOOKS || costs.refresh() == null || costs.change() == null) {
            agreeing = 0;
            return false;
        }
        Choice next = choice(costs.refresh() / NANOS, costs.change() / NANOS, rate(), freshness);
        if (chosen && !differsMuch(next.cadence(), current.cadence())) {
            agreeing = 0;
            current = new Choice(current.cadence(), next.reason());
            return false;
        }
        agreeing++;
        if (agreeing < LOOKS) {
            return false;
        }
        agreeing = 0;
        chosen = true;
        current = next;
        return true;
    }

    private double rate() {
        Sample first = samples.getFirst();
        Sample last = samples.getLast();
        double seconds = Duration.between(first.at(), last.at()).toMillis() / 1000.0;
        return seconds <= 0 ? 0 : (last.changes() - first.changes()) / seconds;
    }

    private static boolean differsMuch(Duration a, Duration b) {
        double ratio = (double) a.toMillis() / (double) b.toMillis();
        return ratio > MUCH || ratio < 1 / MUCH;
    }

    private static Choice choice(
            double refresh, double change, double rate, @Nullable Duration freshness) {
        double most = (double) LONGEST.toSeconds();
        double least = Math.min(most, Math.max((double) SHORTEST.toSeconds(), 2 * refresh));
        double even = rate > 0 ? refresh / (rate * change) : Double.POSITIVE_INFINITY;
        double seconds = Math.clamp(Math.ceil(even), least, most);
        String why =
                "a refresh takes %s, a change %s, and %s changes come per second"
                        .formatted(time(refresh), time(change), number(rate));
        if (freshness != null && freshness.toMillis() / 1000.0 < seconds) {
            seconds = Math.max(freshness.toMillis() / 1000.0, least);
            why +=
                    "; its rows should be at most %s old, and so refreshes cost more than its changes would: strategy delta is the cheaper way"
                            .formatted(time(freshness.toMillis() / 1000.0));
        } else if (even > most) {
            why += "; so little changes that the longest cadence counts";
        } else if (even < least) {
            why += "; so much changes that the shortest cadence counts";
        } else {
            why += "; that often, refreshes cost no more than its changes would";
        }
        return new Choice(Duration.ofMillis((long) Math.ceil(seconds * 1000)), why);
    }

    private static String time(double seconds) {
        return seconds < 1
                ? String.format(Locale.ROOT, "%.3g ms", seconds * 1000)
                : String.format(Locale.ROOT, "%.3g s", seconds);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2g" : "%.0f", value);
    }
}
