package io.tidetable.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A clock that moves only from event to event, and their scheduler: a whole system runs in one
 * thread, as fast as it can and the same again for the same seed. Events of the same instant come
 * in an order chosen by the seed, so different seeds try different interleavings.
 *
 * <p>Not thread-safe, on purpose.
 */
public final class VirtualTime implements InstantSource {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final SplittableRandom order;
    private final SplittableRandom random;
    private final long seed;
    private Instant now = START;
    private long scheduled;

    /** Starts at the beginning of 2026. */
    public VirtualTime(long seed) {
        this.seed = seed;
        SplittableRandom chance = new SplittableRandom(seed);
        this.order = chance.split();
        this.random = chance.split();
    }

    /** Something that will happen unless it is cancelled. */
    public static final class Event implements Comparable<Event> {
        private final Instant at;
        private final int tie;
        private final long number;
        private final Runnable action;
        private boolean cancelled;

        private Event(Instant at, int tie, long number, Runnable action) {
            this.at = at;
            this.tie = tie;
            this.number = number;
            this.action = action;
        }

        /** Prevents it; without effect once it has happened. */
        public void cancel() {
            cancelled = true;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = at.compareTo(other.at);
            int byTie = byTime != 0 ? byTime : Integer.compare(tie, other.tie);
            return byTie != 0 ? byTie : Long.compare(number, other.number);
        }
    }

    @Override
    public Instant instant() {
        return now;
    }

    /** Nanoseconds since the start. */
    public long nanos() {
        return Duration.between(START, now).toNanos();
    }

    /** Chance for the simulated system, from the same seed. */
    public RandomGenerator random() {
        return random;
    }

    /** The seed, for a failing test's message. */
    public long seed() {
        return seed;
    }

    /** Schedules an action after a delay. */
    public Event schedule(Duration delay, Runnable action) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("an event cannot lie in the past: " + delay);
        }
        Event event = new Event(now.plus(delay), order.nextInt(), scheduled++, action);
        events.add(event);
        return event;
    }

    /** Schedules an action again and again, first after one period, until it says false. */
    public void every(Duration period, BooleanSupplier action) {
        if (!period.isPositive()) {
            throw new IllegalArgumentException("a period must be positive, got " + period);
        }
        schedule(
                period,
                () -> {
                    if (action.getAsBoolean()) {
                        every(period, action);
                    }
                });
    }

    /** Lets the next event happen; false when there is none. */
    public boolean step() {
        Event event = next();
        if (event == null) {
            return false;
        }
        events.remove();
        now = event.at;
        event.action.run();
        return true;
    }

    /** The next event that is not cancelled; it stays where it is. */
    private @Nullable Event next() {
        while (true) {
            Event event = events.peek();
            if (event == null || !event.cancelled) {
                return event;
            }
            events.remove();
        }
    }

    /** Lets everything happen up to and including an instant, where the clock then stands. */
    public void runUntil(Instant end) {
        for (Event next = next(); next != null && !next.at.isAfter(end); next = next()) {
            step();
        }
        if (now.isBefore(end)) {
            now = end;
        }
    }

    /** Lets time pass. */
    public void runFor(Duration time) {
        runUntil(now.plus(time));
    }

    /**
     * Lets events happen until a condition holds, checked after each of them.
     *
     * @throws AssertionError when it does not hold within the time, or nothing happens any more
     */
    public void runUntil(BooleanSupplier condition, Duration atMost) {
        Instant end = now.plus(atMost);
        while (!condition.getAsBoolean()) {
            Event next = next();
            if (next == null || next.at.isAfter(end)) {
                throw new AssertionError(
                        "the condition did not come true within %s of virtual time (seed %d)"
                                .formatted(atMost, seed));
            }
            step();
        }
    }
}
