package io.tidetable.app.terminal;

import io.tidetable.model.ByteSize;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as people read them. */
public final class Figures {
    private Figures() {}

    /** {@code 1,234,567}. */
    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** {@code 1,234/s}. */
    public static String rate(double perSecond) {
        return perSecond > 0 && perSecond < 10
                ? String.format(Locale.ROOT, "%.1f/s", perSecond)
                : String.format(Locale.ROOT, "%,.0f/s", perSecond);
    }

    /** {@code 12 ms}, {@code 3.4 s}, {@code 5 min}; a dash where there is none. */
    public static String duration(@Nullable Duration duration) {
        if (duration == null) {
            return "-";
        }
        double milliseconds = duration.toNanos() / 1e6;
        if (milliseconds < 10) {
            return String.format(Locale.ROOT, "%.1f ms", milliseconds);
        }
        if (milliseconds < 1000) {
            return String.format(Locale.ROOT, "%.0f ms", milliseconds);
        }
        if (milliseconds < 90_000) {
            return String.format(Locale.ROOT, "%.1f s", milliseconds / 1000);
        }
        return String.format(Locale.ROOT, "%.1f min", milliseconds / 60_000);
    }

    /** {@code 12.3 MB}. */
    public static String bytes(long bytes) {
        return bytes < 0 ? "-" : new ByteSize(bytes).toString();
    }
}
