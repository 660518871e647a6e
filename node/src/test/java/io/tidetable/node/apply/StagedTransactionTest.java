package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ByteSize;
import io.tidetable.node.fault.FaultPoint;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StagedTransactionTest {
    private static final String STAGED =
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'staged\\_%' AND relkind = 'r'";

    private static PostgresServer server;
    private Replica replica;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start(Map.of("fsync", "off"));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void begin() throws Exception {
        replica =
                Replica.on(server)
                        .with(
                                new ApplySettings(
                                        false,
                                        1000,
                                        ByteSize.megabytes(64),
                                        64,
                                        Duration.ofMillis(500),
                                        ApplySettings.MissingColumns.REFUSE,
                                        10));
        replica.both("CREATE TABLE orders (id int PRIMARY KEY, item text, seat int)");
        replica.onSource("INSERT INTO orders SELECT n, 'a', n FROM generate_series(1, 3000) n");
        replica.apply();
    }

    @AfterEach
    void end() throws Exception {
        replica.close();
    }

    private static final String GIANT =
            """
            UPDATE orders SET item = 'b' WHERE id <= 1500;
            INSERT INTO orders SELECT n, 'c', n FROM generate_series(3001, 5000) n;
            UPDATE orders SET id = id + 100000 WHERE id % 500 = 0;
            DELETE FROM orders WHERE id % 7 = 0;
            UPDATE orders SET item = item || 'd' WHERE id % 3 = 0
            """;

    @Test
    void readersSeeAllOfAGiantTransactionOrNothing() throws Exception {
        String before =
                replica.atDestination(
                                "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM orders t")
                        .getFirst();
        replica.onSource(GIANT);
        SourceChanges.Part part = replica.changes.take().getFirst();
        int slices = 0;
        try (StagedTransaction staged =
                replica.applier.stage(replica.progress, part, ApplyMode.NORMAL)) {
            boolean more;
            do {
                more = staged.stageNextSlice();
                slices++;
                assertThat(
                                replica.atDestination(
                                        "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM orders t"))
                        .containsExactly(before);
                assertThat(
                                replica.atDestination(
                                        "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name = 'tidetable apply' AND datname = current_database()"))
                        .containsExactly("0");
            } while (more);
            replica.faults =
                    point -> {
                        if (point == FaultPoint.BATCH_WRITTEN) {
                            try {
                                assertThat(
                                                replica.atDestination(
                                                        "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM orders t"))
                                        .containsExactly(before);
                            } catch (java.sql.SQLException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    };
            Applied applied = staged.apply(part.position());
            replica.progress = applied.progress();
            assertThat(applied.changes()).isEqualTo(part.entries().size());
            assertThat(applied.conflicts()).isEmpty();
            assertThat(applied.replayed()).isFalse();
        }

        assertThat(slices).isGreaterThan(5);
        replica.assertSame("SELECT * FROM orders ORDER BY id");
        assertThat(replica.atDestination(STAGED)).containsExactly("0");
    }

    @Test
    void otherLanesComeInBetweenSlices() throws Exception {
        replica.both("CREATE TABLE clicks (id int PRIMARY KEY)");
        ProgressStore store = new ProgressStore(replica.destination, Duration.ofSeconds(5));
        var lane = new io.tidetable.model.LaneId("public.clicks");
        store.create(
                new Progress(
                        Replica.PIPELINE,
                        lane,
                        replica.progress.source(),
                        io.tidetable.model.Position.START));
        Progress clicks = store.claim(Replica.PIPELINE, lane).orElseThrow();
        replica.onSource(GIANT);
        SourceChanges.Part giant = replica.changes.take().getFirst();
        replica.onSource("INSERT INTO clicks SELECT generate_series(1, 200)");
        SourceChanges.Part click = replica.changes.take().getFirst();
        try (StagedTransaction staged =
                replica.applier.stage(replica.progress, giant, ApplyMode.NORMAL)) {
            staged.stageNextSlice();
            replica.applier.apply(
                    new LaneBatch(clicks, List.of(click), click.position(), ApplyMode.NORMAL));
            assertThat(replica.atDestination("SELECT count(*) FROM clicks")).containsExactly("200");
            boolean more;
            do {
                more = staged.stageNextSlice();
            } while (more);
            staged.apply(giant.position());
        }

        replica.assertSame("SELECT * FROM orders ORDER BY id");
    }

    @Test
    void whatADeadOwnerStagedIsDroppedByTheNext() throws Exception {
        replica.onSource(GIANT);
        SourceChanges.Part part = replica.changes.take().getFirst();
        replica.faults =
                point -> {
                    if (point == FaultPoint.SLICE_STAGED) {
                        throw new IllegalStateException("killed");
                    }
                };
        StagedTransaction dead = replica.applier.stage(replica.progress, part, ApplyMode.NORMAL);
        assertThatThrownBy(dead::stageNextSlice).hasMessage("killed");
        assertThat(replica.atDestination(STAGED)).isNotEqualTo(List.of("0"));
        replica.faults = io.tidetable.node.fault.Faults.NONE;
        replica.with(replica.settings);

        try (Connection connection = replica.destinationDatabase.connect("start")) {
            StagedTransaction.dropLeftovers(connection, "another");
            assertThat(replica.atDestination(STAGED)).isNotEqualTo(List.of("0"));
            StagedTransaction.dropLeftovers(connection, Replica.PIPELINE);
        }
        assertThat(replica.atDestination(STAGED)).containsExactly("0");
        replica.apply(List.of(part), ApplyMode.NORMAL);
        replica.assertSame("SELECT * FROM orders ORDER BY id");
    }

    @Test
    void aRefusedRowOfAGiantTransactionGoesToQuarantineAlone() throws Exception {
        replica.onDestination("ALTER TABLE orders ADD CHECK (seat <> 4712)");
        replica.onSource(GIANT);
        SourceChanges.Part part = replica.changes.take().getFirst();
        try (StagedTransaction staged =
                replica.applier.stage(replica.progress, part, ApplyMode.NORMAL)) {
            boolean more;
            do {
                more = staged.stageNextSlice();
            } while (more);
            Applied applied = staged.apply(part.position());
            replica.progress = applied.progress();
            assertThat(applied.replayed()).isTrue();
            assertThat(applied.quarantined().values()).containsExactly(1L);
        }
        assertThat(replica.atDestination("SELECT * FROM orders ORDER BY id"))
                .isEqualTo(replica.atSource("SELECT * FROM orders WHERE seat <> 4712 ORDER BY id"));

        replica.onSource(
                "UPDATE orders SET item = 'z' WHERE seat IN (4712, 4713); UPDATE orders SET item = 'y' WHERE id % 2 = 0");
        SourceChanges.Part next = replica.changes.take().getFirst();
        try (StagedTransaction staged =
                replica.applier.stage(replica.progress, next, ApplyMode.NORMAL)) {
            boolean more;
            do {
                more = staged.stageNextSlice();
            } while (more);
            Applied applied = staged.apply(next.position());
            assertThat(applied.quarantined().values()).containsExactly(2L);
        }
        assertThat(replica.atDestination("SELECT * FROM orders ORDER BY id"))
                .isEqualTo(replica.atSource("SELECT * FROM orders WHERE seat <> 4712 ORDER BY id"));
    }

    @Test
    void aStagedTransactionOfAnOldOwnerCannotCommit() throws Exception {
        replica.onSource(GIANT);
        SourceChanges.Part part = replica.changes.take().getFirst();
        String before = replica.atDestination("SELECT count(*) FROM orders").getFirst();
        try (StagedTransaction staged =
                replica.applier.stage(replica.progress, part, ApplyMode.NORMAL)) {
            boolean more;
            do {
                more = staged.stageNextSlice();
            } while (more);
            new ProgressStore(replica.destination, Duration.ofSeconds(5))
                    .claim(Replica.PIPELINE, Replica.LANE);
            assertThatThrownBy(() -> staged.apply(part.position()))
                    .isInstanceOf(FencedException.class);
        }

        assertThat(replica.atDestination("SELECT count(*) FROM orders")).containsExactly(before);
        assertThat(replica.atDestination(STAGED)).containsExactly("0");
    }
}
