package io.tidetable.model.schema;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What is carried of a table, and when. */
public sealed interface Strategy {
    /** The strategy's name in settings, rules and answers. */
    default String label() {
        return switch (this) {
            case PrioritizedDelta() -> "delta";
            case Full _ -> "full";
            case Sampling _ -> "sampling";
            case Functional _ -> "functional";
        };
    }

    /** For people, with what matters of its parameters: {@code full every 15 min}. */
    default String describe() {
        return switch (this) {
            case PrioritizedDelta() -> "every change";
            case Full(Duration cadence, boolean automatic) ->
                    automatic
                            ? "a full refresh as often as that costs no more than its changes would"
                            : "a full refresh every " + words(cadence);
            case Sampling sampling ->
                    String.format(
                            Locale.ROOT,
                            "a sample with a margin of error of %s %% at %s %% confidence",
                            number(sampling.marginOfError() * 100),
                            number(sampling.confidence() * 100));
            case Functional functional ->
                    "what "
                            + String.join(", ", functional.functions())
                            + " needs: "
                            + (functional.columns().isEmpty()
                                    ? "all columns"
                                    : "columns " + String.join(", ", functional.columns()))
                            + (functional.rows() == null
                                    ? ""
                                    : ", rows where " + functional.rows());
        };
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.3f", value).replaceAll("0+$", "");
    }

    private static String words(Duration duration) {
        if (duration.toSeconds() % 3600 == 0) {
            return duration.toHours() + " h";
        }
        return duration.toSeconds() % 60 == 0
                ? duration.toMinutes() + " min"
                : duration.toSeconds() + " s";
    }

    /** Every change, through lanes and the queue. */
    record PrioritizedDelta() implements Strategy {}

    /**
     * The table is refreshed by copies that write only differences; row changes in between are not
     * queued.
     *
     * @param cadence time from the beginning of one refresh to that of the next, 1 s to 31 days
     * @param automatic whether it is chosen by what refreshes and changes are found to cost; the
     *     cadence counts until that is known
     */
    record Full(Duration cadence, boolean automatic) implements Strategy {
        /** The usual cadence. */
        public static final Duration USUAL_CADENCE = Duration.ofMinutes(15);

        /** The word that stands for a cadence that is chosen. */
        public static final String AUTOMATIC = "auto";

        /** Refreshes on a cadence that stays. */
        public Full(Duration cadence) {
            this(cadence, false);
        }

        /** Refreshes on a cadence that is chosen. */
        public static Full byCosts() {
            return new Full(USUAL_CADENCE, true);
        }

        public Full {
            if (cadence.compareTo(Duration.ofSeconds(1)) < 0
                    || cadence.compareTo(Duration.ofDays(31)) > 0) {
                throw new IllegalArgumentException(
                        "a full refresh takes a cadence of 1 s to 31 days, got " + cadence);
            }
        }
    }

    /**
     * A stable sample of keys; its distribution is tested against a baseline, and a shift brings a
     * full refresh and a new baseline.
     *
     * @param marginOfError largest error of a share that is read from the sample, above 0, up to
     *     0.5
     * @param confidence probability that the error stays within the margin, 0.5 to below 1
     * @param falseAlarms tolerated probability of a false alarm per window over all columns, above
     *     0, up to 0.5
     * @param window time over which changes are gathered for one test, 1 s to 31 days
     * @param windowsInARow windows that must show a shift before it counts, 1 to 100
     */
    record Sampling(
            double marginOfError,
            double confidence,
            double falseAlarms,
            Duration window,
            int windowsInARow)
            implements Strategy {
        /** 2 % at 95 %, tested each minute, believed at the second time. */
        public static final Sampling USUAL =
                new Sampling(0.02, 0.95, 0.01, Duration.ofMinutes(1), 2);

        public Sampling {
            if (!(marginOfError > 0 && marginOfError <= 0.5)) {
                throw new IllegalArgumentException(
                        "a margin of error is above 0 and at most 0.5, got " + marginOfError);
            }
            if (!(confidence >= 0.5 && confidence < 1)) {
                throw new IllegalArgumentException(
                        "a confidence is 0.5 to below 1, got " + confidence);
            }
            if (!(falseAlarms > 0 && falseAlarms <= 0.5)) {
                throw new IllegalArgumentException(
                        "a probability of false alarms is above 0 and at most 0.5, got "
                                + falseAlarms);
            }
            if (window.compareTo(Duration.ofSeconds(1)) < 0
                    || window.compareTo(Duration.ofDays(31)) > 0) {
                throw new IllegalArgumentException("a window is 1 s to 31 days, got " + window);
            }
            if (windowsInARow < 1 || windowsInARow > 100) {
                throw new IllegalArgumentException(
                        "1 to 100 windows in a row, got " + windowsInARow);
            }
        }
    }

    /**
     * Only the columns and rows that named functions downstream need.
     *
     * @param functions their names, sorted, at least one
     * @param columns what they read together, sorted; empty for all columns. The key is always
     *     carried, named or not
     * @param rows an SQL condition over the table's columns that holds for the rows they read; null
     *     for all rows
     */
    record Functional(List<String> functions, List<String> columns, @Nullable String rows)
            implements Strategy {
        public Functional {
            if (functions.isEmpty()) {
                throw new IllegalArgumentException(
                        "the strategy functional needs the name of at least one function");
            }
            functions = List.copyOf(new TreeSet<>(functions));
            columns = List.copyOf(new TreeSet<>(columns));
            if (rows != null && rows.isBlank()) {
                throw new IllegalArgumentException("a condition on rows cannot be empty");
            }
        }
    }
}
