package io.tidetable.model.status;

import io.tidetable.model.Lsn;
import io.tidetable.model.schema.Strategy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of a table is carried to a destination, and how fresh it is.
 *
 * @param strategy in force
 * @param next the one that a merge is bringing; null while none is
 * @param asOf every row is as the source's was at this position, or newer; null where changes are
 *     carried and no merge said so
 * @param asOfTime when that was
 * @param sampledShare share of the keys whose changes are carried: 1 for all, 0 for none
 * @param columns that have values at the destination; empty for all
 * @param rows the condition that the rows at the destination meet; null for all rows
 * @param breakEvenChanges changes between two refreshes from which on refreshing is the cheaper
 *     way, by the speeds learned; null before both are known
 * @param refreshing how often it is refreshed; null where it is not, now and then
 * @param notSent what of the table does not leave the source, for people; null where nothing is to
 *     be left out there
 */
public record StrategyStatus(
        Strategy strategy,
        @Nullable Strategy next,
        @Nullable Lsn asOf,
        @Nullable Instant asOfTime,
        double sampledShare,
        List<String> columns,
        @Nullable String rows,
        @Nullable Long breakEvenChanges,
        @Nullable Refreshing refreshing,
        @Nullable String notSent) {
    public StrategyStatus {
        columns = List.copyOf(columns);
    }

    /**
     * How often a table is refreshed.
     *
     * @param cadence from one refresh to the next
     * @param reason why so often, for people; null where it was asked for
     */
    public record Refreshing(Duration cadence, @Nullable String reason) {}

    /** Every change is carried. */
    public static StrategyStatus usual() {
        return new StrategyStatus(
                new Strategy.PrioritizedDelta(),
                null,
                null,
                null,
                1,
                List.of(),
                null,
                null,
                null,
                null);
    }

    /** For people: how fresh it is. */
    public String freshness() {
        return switch (strategy) {
            case Strategy.PrioritizedDelta() -> "live";
            case Strategy.Full _ -> "as of " + toTheSecond("its first refresh");
            case Strategy.Sampling _ ->
                    String.format(
                            java.util.Locale.ROOT,
                            "sampled at %.3g %%, the rest as of %s",
                            sampledShare * 100,
                            toTheSecond("its first merge"));
            case Strategy.Functional _ ->
                    "live, "
                            + (columns.isEmpty()
                                    ? "all columns"
                                    : "columns " + String.join(", ", columns))
                            + (rows == null ? "" : ", rows where " + rows)
                            + (notSent == null ? "" : "; " + notSent);
        };
    }

    private String toTheSecond(String otherwise) {
        return asOfTime == null ? otherwise : asOfTime.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
