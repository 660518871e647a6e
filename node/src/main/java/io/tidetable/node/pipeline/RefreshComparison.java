package io.tidetable.node.pipeline;

import io.tidetable.model.TidetableException;
import io.tidetable.node.copy.LayoutReader;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.strategy.RefreshDigest;
import io.tidetable.node.strategy.TableStrategy;
import io.tidetable.node.verify.RowHash;
import io.tidetable.node.verify.RowsDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Compares a table's rows at the destination with the checksums of its last refresh. */
final class RefreshComparison {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private RefreshComparison() {}

    /**
     * What was found.
     *
     * @param then rows as of the refresh
     * @param now rows at the destination
     * @param asOf when the refresh was; null where it is not known
     */
    record Verdict(boolean equal, long then, long now, @Nullable Instant asOf) {}

    static Verdict of(DestinationContext context, LaneTable table)
            throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            Verdict verdict = look(context, table);
            if (verdict != null) {
                return verdict;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new TidetableException(
                "TT-534",
                "it was being refreshed whenever it was looked at, for %d minutes; give it a longer cadence, or verify it again"
                        .formatted(LIMIT.toMinutes()));
    }

    /** One snapshot shows the rows and what is noted of them; null while a refresh is at work. */
    private static @Nullable Verdict look(DestinationContext context, LaneTable table)
            throws SQLException {
        try (Connection source = context.source().connect("tidetable verify");
                Connection destination = context.connect("tidetable verify");
                Statement statement = destination.createStatement()) {
            destination.setAutoCommit(false);
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            if (!context.tables().isSettled(destination, table.table())) {
                return null;
            }
            TableStrategy strategy = context.strategies().of(destination, table.table());
            RefreshDigest digest = strategy == null ? null : strategy.digest();
            if (strategy == null || digest == null) {
                return null;
            }
            TableLayout layout =
                    new LayoutReader(context.binaryRule()).read(source, destination, table.table());
            String hash = digest.made().substring(0, digest.made().indexOf(' '));
            if (!digest.made().equals(hash + " " + layout.signature())) {
                throw new TidetableException(
                        "TT-535",
                        "its columns have changed at the source since its last refresh; verify it again after the next one");
            }
            RowsDigest now = RowsDigest.ofDestination(layout, RowHash.valueOf(hash), destination);
            return new Verdict(
                    now.equals(new RowsDigest(digest.rows(), digest.sum1(), digest.sum2())),
                    digest.rows(),
                    now.rows(),
                    strategy.asOfTime());
        }
    }
}
