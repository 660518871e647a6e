package io.tidetable.node.strategy;

import io.tidetable.model.Lsn;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.sampling.SampleProfile;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a destination remembers of the way in which one table is carried.
 *
 * @param current the strategy whose rows are there
 * @param scope what it comes to
 * @param next the strategy that a merge is to bring, or has begun to bring; null while none is
 * @param configured the strategy that was asked for when the pipeline last started
 * @param asOf up to where every row is as the source's were; null while changes are carried on
 * @param asOfTime when that was
 * @param relaxed columns that the destination takes without a value for as long as they are not
 *     carried
 * @param digest of the rows as of the refresh; null where there was none
 * @param baseline of the sample; null while there is none
 */
public record TableStrategy(
        Strategy current,
        TableScope scope,
        @Nullable Strategy next,
        Strategy configured,
        @Nullable Lsn asOf,
        @Nullable Instant asOfTime,
        List<String> relaxed,
        @Nullable RefreshDigest digest,
        @Nullable SampleProfile baseline) {
    public TableStrategy {
        relaxed = List.copyOf(relaxed);
    }

    /** What is not written down: every change. */
    public static TableStrategy usual(Strategy configured) {
        return new TableStrategy(
                new Strategy.PrioritizedDelta(),
                TableScope.everything(),
                null,
                configured,
                null,
                null,
                List.of(),
                null,
                null);
    }

    /** What the next merge makes of the table. */
    public Strategy aim() {
        Strategy wanted = next;
        return wanted == null ? current : wanted;
    }
}
