package io.tidetable.node.tracks;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Track;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides which tables move between tracks: one that floods the express track leaves it, one whose
 * home is express goes there once it has been calm for a while, and one whose home is bulk goes
 * there at once. It asks nobody and moves nothing; time is told by the caller. Not thread-safe.
 *
 * <p>Three things keep it from moving to and fro: calm is a quarter of a flood, it has to last, and
 * it has to last twice as long after each flood that follows soon upon the last one.
 */
public final class TrackPolicy {
    private static final double CALM_SHARE = 0.25;
    private static final int LONGEST_DOUBLING = 5;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration FORGOTTEN_AFTER = Duration.ofHours(2);

    private final Limits limits;
    private final Map<String, History> histories = new HashMap<>();
    private final Deque<Instant> decided = new ArrayDeque<>();

    public TrackPolicy(Limits limits) {
        this.limits = limits;
    }

    /**
     * When tables move.
     *
     * @param floodChanges row changes per second that are a flood
     * @param floodBytes bytes per second that are one
     * @param floodFor over how long that is measured
     * @param calmFor how long a table must be calm before it goes home
     * @param perMinute most moves begun in any minute
     */
    public record Limits(
            long floodChanges,
            ByteSize floodBytes,
            Duration floodFor,
            Duration calmFor,
            int perMinute) {
        public static final Limits DEFAULT =
                new Limits(
                        20_000,
                        ByteSize.megabytes(20),
                        Duration.ofSeconds(2),
                        Duration.ofMinutes(2),
                        3);

        public Limits {
            if (floodChanges < 1 || perMinute < 1) {
                throw new IllegalArgumentException("the limits of moves are at least 1");
            }
        }
    }

    /**
     * What is seen of a table, or of a group, which moves as one.
     *
     * @param name tells it from the others, for people too
     * @param home where it rides when it is calm
     * @param now where it rides
     * @param movable whether it is neither pinned nor on its way already, or on its way to express
     *     and can stay where it was
     * @param keptUp whether every destination applies it soon after it comes
     * @param changes row changes read of it so far
     * @param bytes bytes of them
     */
    public record Seen(
            String name,
            Track home,
            Track now,
            boolean movable,
            boolean keptUp,
            long changes,
            long bytes) {}

    /**
     * A move that is to be made.
     *
     * @param reason what was seen and why that is a reason
     */
    public record Decision(String name, Track to, String reason) {}

    private record Sample(Instant at, long changes, long bytes) {}

    private record Rate(double changes, double bytes) {}

    /** What is remembered of one table or group. */
    private static final class History {
        final Deque<Sample> samples = new ArrayDeque<>();
        @Nullable Instant calmSince;
        @Nullable Instant lastFlood;
        int floods;
    }

    /** The moves that are to be made now; the heaviest flood first. */
    public List<Decision> decide(Collection<Seen> all, Instant now) {
        histories.keySet().retainAll(all.stream().map(Seen::name).toList());
        while (!decided.isEmpty() && !decided.peek().isAfter(now.minus(MINUTE))) {
            decided.remove();
        }
        Map<Seen, Rate> rates = new HashMap<>();
        all.forEach(seen -> rates.put(seen, rate(seen, now)));
        long onExpress = all.stream().filter(seen -> seen.now() == Track.EXPRESS).count();
        List<Decision> decisions = new ArrayList<>();
        List<Map.Entry<Seen, Rate>> heaviestFirst = new ArrayList<>(rates.entrySet());
        heaviestFirst.sort(
                Comparator.comparingDouble(
                                (Map.Entry<Seen, Rate> entry) -> -entry.getValue().changes())
                        .thenComparing(entry -> entry.getKey().name()));
        for (Map.Entry<Seen, Rate> entry : heaviestFirst) {
            if (decided.size() >= limits.perMinute()) {
                return decisions;
            }
            Decision decision = decide(entry.getKey(), entry.getValue(), onExpress, now);
            if (decision != null) {
                decisions.add(decision);
                decided.add(now);
                onExpress += decision.to() == Track.EXPRESS ? 1 : -1;
            }
        }
        return decisions;
    }

    private Rate rate(Seen seen, Instant now) {
        History history = histories.computeIfAbsent(seen.name(), _ -> new History());
        history.samples.add(new Sample(now, seen.changes(), seen.bytes()));
        Instant begin = now.minus(limits.floodFor());
        Sample first = history.samples.getFirst();
        while (history.samples.size() > 1 && !first.at().isAfter(begin)) {
            Sample next = history.samples.stream().skip(1).findFirst().orElseThrow();
            if (next.at().isAfter(begin)) {
                break;
            }
            history.samples.removeFirst();
            first = next;
        }
        // Never over less than the time that counts: one burst is no flood.
        double seconds =
                Math.max(limits.floodFor().toMillis(), Duration.between(first.at(), now).toMillis())
                        / 1000.0;
        Rate rate =
                new Rate(
                        (seen.changes() - first.changes()) / seconds,
                        (seen.bytes() - first.bytes()) / seconds);
        if (share(rate) > CALM_SHARE) {
            history.calmSince = null;
        } else if (history.calmSince == null) {
            history.calmSince = now;
        }
        return rate;
    }

    private double share(Rate rate) {
        return Math.max(
                rate.changes() / limits.floodChanges(), rate.bytes() / limits.floodBytes().bytes());
    }

    private @Nullable Decision decide(Seen seen, Rate rate, long onExpress, Instant now) {
        if (!seen.movable()) {
            return null;
        }
        History history = histories.computeIfAbsent(seen.name(), _ -> new History());
        if (seen.now() == Track.EXPRESS && seen.home() == Track.BULK) {
            return new Decision(
                    seen.name(),
                    Track.BULK,
                    "the bulk track is asked for; nobody waits for it there");
        }
        if (seen.now() == Track.EXPRESS && share(rate) >= 1) {
            // Alone it keeps nobody waiting.
            return onExpress > 1 ? flood(seen, rate, history, now) : null;
        }
        Instant calmSince = history.calmSince;
        if (seen.now() == seen.home() || calmSince == null || !seen.keptUp()) {
            // A move ends when every destination is beyond it, and until then it rides both.
            return null;
        }
        Duration calm = Duration.between(calmSince, now);
        Duration needed = calmNeeded(history);
        return calm.compareTo(needed) < 0
                ? null
                : new Decision(
                        seen.name(),
                        seen.home(),
                        "it was calm for %d s, %s now".formatted(calm.toSeconds(), text(rate)));
    }

    private Decision flood(Seen seen, Rate rate, History history, Instant now) {
        Instant last = history.lastFlood;
        boolean soon = last != null && Duration.between(last, now).compareTo(FORGOTTEN_AFTER) < 0;
        history.floods = soon ? history.floods + 1 : 1;
        history.lastFlood = now;
        history.calmSince = null;
        return new Decision(
                seen.name(),
                Track.BULK,
                "%s over %d s flood the express track (%d changes or %s per second do)"
                        .formatted(
                                text(rate),
                                limits.floodFor().toSeconds(),
                                limits.floodChanges(),
                                limits.floodBytes()));
    }

    private Duration calmNeeded(History history) {
        int doublings = Math.clamp(history.floods - 1L, 0, LONGEST_DOUBLING);
        return limits.calmFor().multipliedBy(1L << doublings);
    }

    private static String text(Rate rate) {
        return String.format(
                Locale.ROOT,
                "%,.0f changes and %,.1f MB per second",
                rate.changes(),
                rate.bytes() / 1048576.0);
    }
}
