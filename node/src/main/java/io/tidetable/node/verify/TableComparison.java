package io.tidetable.node.verify;

import io.tidetable.node.copy.TableLayout;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares a table between a snapshot of the source and the state of the destination that
 * corresponds to it. Reads only.
 */
public final class TableComparison {
    private final int mostListed;
    private final InstantSource clock;

    /**
     * A comparison.
     *
     * @param mostListed how many differences a verdict lists; all are counted
     */
    public TableComparison(int mostListed, InstantSource clock) {
        this.mostListed = mostListed;
        this.clock = clock;
    }

    /**
     * Compares the rows in scope. Both sessions are from {@link
     * io.tidetable.node.postgres.Database#connect}, in REPEATABLE READ transactions whose snapshots
     * correspond.
     *
     * @param layout with the columns to be compared
     */
    public TableVerdict compare(
            TableLayout layout, Scope scope, Connection source, Connection destination)
            throws SQLException, InterruptedException {
        Instant begun = clock.instant();
        Tally tally = new Tally();
        DifferenceSearch.Compared compared =
                DifferenceSearch.between(layout, source, destination).run(scope, false, tally);
        return tally.verdict(layout, compared, Duration.between(begun, clock.instant()));
    }

    private final class Tally implements DifferenceSearch.Visitor {
        private final List<Difference> listed = new ArrayList<>();
        private long missing;
        private long extra;
        private long different;

        @Override
        public void visit(Difference difference) {
            switch (difference) {
                case Difference.Missing _ -> missing++;
                case Difference.Extra _ -> extra++;
                case Difference.Different _ -> different++;
            }
            if (listed.size() < mostListed) {
                listed.add(difference);
            }
        }

        TableVerdict verdict(
                TableLayout layout, DifferenceSearch.Compared compared, Duration duration) {
            return new TableVerdict(
                    layout.source(),
                    compared.sourceRows(),
                    compared.destinationRows(),
                    missing,
                    extra,
                    different,
                    listed,
                    duration);
        }
    }
}
