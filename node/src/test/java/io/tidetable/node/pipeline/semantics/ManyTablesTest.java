package io.tidetable.node.pipeline.semantics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.fault.FaultPoint;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** However many tables there are, the source lends a few connections only. */
class ManyTablesTest {
    private static final String SNAPSHOTS =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%snapshot%'";

    private final ReplicatedPair pair = ReplicatedPair.fresh();

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    @Test
    void noMoreCopiesHoldASnapshotThanThereAreAppliers() throws Exception {
        pair.source(
                "DO $$ BEGIN FOR i IN 1..40 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY)', i); EXECUTE format('INSERT INTO t%s SELECT generate_series(1, 100)', i); END LOOP; END $$");
        AtomicInteger most = new AtomicInteger();
        pair.start(point -> {
            if (point == FaultPoint.SNAPSHOT_TAKEN) {
                most.accumulateAndGet(snapshots(), Math::max);
            }
        });
        pair.assertEqual();

        assertThat(most.get()).isBetween(1, 3);
    }

    private int snapshots() {
        try {
            return Integer.parseInt(pair.rowsAtSource(SNAPSHOTS).getFirst());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
