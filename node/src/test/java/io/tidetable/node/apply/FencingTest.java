package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.LaneId;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FencingTest {
    private static PostgresServer server;
    private Replica replica;
    private Connection other;
    private ProgressStore store;

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
        replica = Replica.on(server);
        replica.both("CREATE TABLE orders (id int PRIMARY KEY, item text)");
        other = replica.destinationDatabase.connect("new owner");
        store = new ProgressStore(other, Duration.ofSeconds(10));
    }

    @AfterEach
    void end() throws Exception {
        other.close();
        replica.close();
    }

    @Test
    void anOwnerWhoseEpochIsOldCannotCommit() throws Exception {
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        Progress claimed = store.claim(Replica.PIPELINE, Replica.LANE).orElseThrow();

        assertThatThrownBy(() -> replica.apply())
                .isInstanceOfSatisfying(
                        FencedException.class, e -> assertThat(e.ownerChanged()).isTrue());

        assertThat(claimed.epoch()).isEqualTo(replica.progress.epoch() + 1);
        assertThat(replica.applier.isBroken()).isFalse();
        assertThat(replica.atDestination("SELECT * FROM orders")).isEmpty();
        assertThat(store.read(Replica.PIPELINE, Replica.LANE)).contains(claimed);
    }

    @Test
    void aBatchThatBeginsElsewhereThanTheDestinationIsRolledBack() throws Exception {
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        List<SourceChanges.Part> parts = replica.changes.take();
        LaneBatch batch = replica.batch(parts, ApplyMode.NORMAL);
        replica.applier.apply(batch);
        replica.onDestination("DELETE FROM orders");

        assertThatThrownBy(() -> replica.applier.apply(batch))
                .isInstanceOfSatisfying(
                        FencedException.class, e -> assertThat(e.ownerChanged()).isFalse());

        assertThat(replica.atDestination("SELECT * FROM orders")).isEmpty();
    }

    @Test
    void aClaimEndsTheSessionOfAnOwnerThatHoldsRowsOpen() throws Exception {
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        replica.faults =
                point -> {
                    if (point == FaultPoint.BATCH_WRITTEN) {
                        claim();
                    }
                };

        assertThatThrownBy(() -> replica.apply()).isInstanceOf(RetryableApplyException.class);

        assertThat(replica.applier.isBroken()).isTrue();
        assertThat(replica.atDestination("SELECT * FROM orders")).isEmpty();
        assertThat(store.read(Replica.PIPELINE, Replica.LANE).orElseThrow().epoch()).isEqualTo(2);
    }

    @Test
    void lanesAreTakenOverTogetherSaveThoseThatAnOwnerHoldsOpen() throws Exception {
        store.create(
                new Progress(
                        Replica.PIPELINE,
                        new LaneId("idle"),
                        replica.progress.source(),
                        replica.progress.position()));
        List<LaneId> both = List.of(Replica.LANE, new LaneId("idle"));
        List<Progress> duringHisBatch = new ArrayList<>();
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        replica.faults =
                point -> {
                    if (point == FaultPoint.BATCH_WRITTEN) {
                        duringHisBatch.addAll(claimFree(both));
                    }
                };
        replica.apply();

        assertThat(duringHisBatch).extracting(Progress::lane).containsExactly(new LaneId("idle"));
        assertThat(replica.atDestination("SELECT id FROM orders")).hasSize(1);

        List<Progress> afterwards = claimFree(both);

        assertThat(afterwards).extracting(Progress::lane).containsExactlyInAnyOrderElementsOf(both);
        for (Progress each : afterwards) {
            assertThat(store.read(Replica.PIPELINE, each.lane())).contains(each);
        }
        replica.faults = Faults.NONE;
        replica.onSource("INSERT INTO orders VALUES (2, 'b')");
        assertThatThrownBy(() -> replica.apply())
                .isInstanceOfSatisfying(
                        FencedException.class, e -> assertThat(e.ownerChanged()).isTrue());
    }

    private List<Progress> claimFree(List<LaneId> lanes) {
        try {
            return store.claimFree(Replica.PIPELINE, lanes);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void claim() {
        try {
            store.claim(Replica.PIPELINE, Replica.LANE);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BATCH_READ", "BATCH_WRITTEN", "BATCH_COMMITTED"})
    void whereverItIsCutOffEveryChangeIsThereOnce(FaultPoint point) throws Exception {
        replica.onSource("INSERT INTO orders SELECT n, 'a' FROM generate_series(1, 500) n");
        replica.onSource("UPDATE orders SET item = item || 'b' WHERE id % 2 = 0");
        List<SourceChanges.Part> parts = replica.changes.take();
        replica.faults =
                reached -> {
                    if (reached == point) {
                        throw new IllegalStateException("cut off at " + point);
                    }
                };
        assertThatThrownBy(() -> replica.apply(parts, ApplyMode.NORMAL))
                .hasMessageContaining("cut off");
        replica.applier.close();
        replica.faults = Faults.NONE;

        replica.applier = replica.newApplier();
        replica.progress = store.claim(Replica.PIPELINE, Replica.LANE).orElseThrow();
        List<SourceChanges.Part> left =
                parts.stream()
                        .filter(part -> part.position().isAfter(replica.progress.position()))
                        .toList();
        assertThat(left).hasSize(point == FaultPoint.BATCH_COMMITTED ? 0 : 2);
        replica.apply(left, ApplyMode.NORMAL);

        replica.assertSame("SELECT * FROM orders ORDER BY id");
    }

    @Test
    void anApplierGoesOnAfterARefusedBatch() throws Exception {
        replica.onDestination("ALTER TABLE orders RENAME TO elsewhere");
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        List<SourceChanges.Part> parts = replica.changes.take();
        assertThatThrownBy(() -> replica.apply(parts, ApplyMode.NORMAL))
                .isInstanceOf(ShapeMismatchException.class);
        replica.onDestination("ALTER TABLE elsewhere RENAME TO orders");

        replica.apply(parts, ApplyMode.NORMAL);

        assertThat(replica.applier.isBroken()).isFalse();
        replica.assertSame("SELECT * FROM orders");
    }

    @Test
    void aTableMadeAnewAtTheDestinationIsNoticed() throws Exception {
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        replica.apply();
        replica.onDestination(
                """
                DROP TABLE orders;
                CREATE TABLE orders (extra int DEFAULT 7, item varchar(20), id bigint PRIMARY KEY);
                INSERT INTO orders (id, item) VALUES (1, 'a')
                """);
        replica.onSource("UPDATE orders SET item = 'b'");
        replica.onSource("INSERT INTO orders SELECT n, 'c' FROM generate_series(2, 200) n");

        replica.apply();

        replica.assertSame("SELECT id, item FROM orders ORDER BY id");
    }

    @Test
    void aColumnWhoseTypeChangedAtTheDestinationIsNotFilledWithBytesOfTheOldOne() throws Exception {
        replica.both("CREATE TABLE prices (id int PRIMARY KEY, price bigint)");
        replica.onSource("INSERT INTO prices SELECT n, n FROM generate_series(1, 200) n");
        replica.apply();
        replica.onDestination("ALTER TABLE prices ALTER price TYPE double precision");
        replica.onSource("INSERT INTO prices SELECT n, n FROM generate_series(201, 400) n");
        replica.apply();

        replica.assertSame("SELECT id, price::bigint FROM prices ORDER BY id");
    }

    @Test
    void anEmptyBatchMovesTheProgressAlone() throws Exception {
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        var upTo = replica.changes.take().getFirst().position();

        Applied applied =
                replica.applier.apply(
                        new LaneBatch(replica.progress, List.of(), upTo, ApplyMode.NORMAL));

        assertThat(applied.progress().position()).isEqualTo(upTo);
        assertThat(store.readAll(Replica.PIPELINE)).containsExactly(applied.progress());
    }

    @Test
    void aRoleThatMayNotSilenceTriggersIsToldApart() throws Exception {
        assertThat(replica.applier.hasReplicaRole()).isTrue();
        replica.onDestination(
                """
                DROP ROLE IF EXISTS plain;
                CREATE ROLE plain LOGIN;
                GRANT USAGE ON SCHEMA tidetable TO plain;
                GRANT ALL ON ALL TABLES IN SCHEMA tidetable TO plain;
                GRANT ALL ON orders TO plain
                """);
        replica.onSource("INSERT INTO orders VALUES (1, 'a')");
        Connection connection =
                new io.tidetable.node.postgres.Database(
                                replica.destinationDatabase
                                        .jdbcUrl()
                                        .replace("user=postgres", "user=plain"),
                                Map.of())
                        .connect("plain");
        replica.applier.close();
        replica.applier =
                new PostgresApplier(
                                connection,
                                ApplySettings.DEFAULT,
                                replica.types::mappingWith,
                                Faults.NONE)
                        .start();

        replica.apply();

        assertThat(replica.applier.hasReplicaRole()).isFalse();
        replica.assertSame("SELECT * FROM orders");
        replica.onDestination("DROP OWNED BY plain; DROP ROLE plain");
    }
}
