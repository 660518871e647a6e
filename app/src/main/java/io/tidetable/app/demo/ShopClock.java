package io.tidetable.app.demo;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/** The shop's own time: it begins on an evening and a day of it lasts four minutes. */
final class ShopClock {
    static final LocalDateTime OPENING = LocalDateTime.of(2026, 3, 2, 19, 0);
    static final Duration DAY = Duration.ofMinutes(4);

    private static final double FASTER = Duration.ofDays(1).toNanos() / (double) DAY.toNanos();

    private final LongSupplier nanoTime;
    private final long begin;

    ShopClock(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.begin = nanoTime.getAsLong();
    }

    LocalDateTime now() {
        return OPENING.plusNanos((long) ((nanoTime.getAsLong() - begin) * FASTER));
    }

    /** Hour of the shop's day with its fraction, 0 to 24. */
    double hour() {
        return now().toLocalTime().toNanoOfDay() / 3.6e12;
    }

    /** The shop's time as SQL takes it. */
    String timestamp() {
        return now().toInstant(ZoneOffset.UTC).toString();
    }
}
