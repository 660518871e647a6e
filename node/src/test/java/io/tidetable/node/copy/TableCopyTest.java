package io.tidetable.node.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.ByteSize;
import io.tidetable.model.TidetableException;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.SourceSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TableCopyTest {
    private static final String ORDERS =
            "CREATE TABLE orders (id int PRIMARY KEY, price numeric, note text)";
    private static final String CLICKS = "CREATE TABLE clicks (page int, note text)";

    private CopyWorld world;

    @BeforeEach
    void open() throws Exception {
        world = new CopyWorld();
    }

    @AfterEach
    void close() throws Exception {
        world.close();
    }

    private void orders(int rows) throws Exception {
        world.pair().onBoth(ORDERS);
        world.pair()
                .onSource(
                        "INSERT INTO orders SELECT i, i / 7.0, repeat('n', 100) FROM generate_series(1, %d) i"
                                .formatted(rows),
                        "ANALYZE orders");
        world.register("orders");
    }

    private void clicks(int rows) throws Exception {
        world.pair().onBoth(CLICKS);
        world.pair()
                .onSource(
                        "INSERT INTO clicks SELECT i %% 100, repeat('c', 100) FROM generate_series(1, %d) i"
                                .formatted(rows));
        world.register("clicks");
    }

    @Test
    void everyRowArrivesOnceInManyChunks() throws Exception {
        orders(5000);

        CopyResult result = world.copyWhole(world.layout("orders"));

        world.assertEqual("orders");
        assertThat(result.rows()).isEqualTo(5000);
        assertThat(result.mendNeeded()).isFalse();
        assertThat(result.mergeNeeded()).isFalse();
        assertThat(world.atDestination("SELECT count(*) FROM tidetable.chunk")).isGreaterThan(10);
        assertThat(
                        world.atDestination(
                                "SELECT count(*) FROM tidetable.chunk WHERE done_snapshot = '%s'"
                                        .formatted(result.oldest())))
                .isEqualTo(world.atDestination("SELECT count(*) FROM tidetable.chunk"));
        assertThat(world.atDestination("SELECT reltuples FROM pg_class WHERE relname = 'orders'"))
                .isEqualTo(5000);
    }

    @Test
    void rowsThatComeBetweenPlanningAndTheSnapshotAreCopied() throws Exception {
        orders(1000);

        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE)) {
            world.pair()
                    .onSource(
                            "INSERT INTO orders SELECT i, i, repeat('x', 100) FROM generate_series(2001, 6000) i");
            world.complete(copy);
        }

        world.assertEqual("orders");
    }

    @Test
    void anEmptyTableIsCopiedUnderASnapshotToo() throws Exception {
        orders(0);

        CopyResult result = world.copyWhole(world.layout("orders"));

        assertThat(result.rows()).isZero();
        assertThat(result.oldest()).isEqualTo(result.newest());
    }

    @Test
    void aNewProcessGoesOnWhereTheOldOneStoppedAndSaysThatMendingIsNeeded() throws Exception {
        orders(5000);
        TableLayout layout = world.layout("orders");
        SourceSnapshot first;
        try (TableCopy copy = world.copyOf(layout, Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            for (int i = 0; i < 5; i++) {
                assertThat(copy.step(copier, CopyPace.UNLIMITED))
                        .isInstanceOf(CopyStep.Copied.class);
            }
            first = copy.oldest();
        }
        world.pair().onSource("INSERT INTO orders VALUES (0, 0, 'later')");

        try (TableCopy copy = world.copyOf(layout, Faults.NONE)) {
            assertThat(copy.estimate().doneChunks()).isEqualTo(5);
            CopyResult result = world.complete(copy);

            assertThat(result.mendNeeded()).isTrue();
            assertThat(result.oldest().toString()).isEqualTo(String.valueOf(first));
            assertThat(result.newest().xmax()).isGreaterThan(result.oldest().xmax());
            assertThat(result.oldest().horizon()).isEqualTo(result.newest().horizon());
        }
        world.assertEqual("orders");
    }

    @Test
    void aRowThatMovedIntoAChunkUnderALaterSnapshotReplacesItsOlderSelf() throws Exception {
        orders(5000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            assertThat(world.atDestination("SELECT count(*) FROM orders WHERE id = 1")).isOne();
            world.pair().onSource("UPDATE orders SET price = -1 WHERE id = 1");
            world.killAtSource("tidetable snapshot");

            world.complete(copy);
        }

        world.assertEqual("orders");
    }

    @Test
    void aTableWithoutAKeyBeginsAgainWhenItsSnapshotIsLost() throws Exception {
        clicks(5000);
        try (TableCopy copy = world.copyOf(world.layout("clicks"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            copy.step(copier, CopyPace.UNLIMITED);
            world.pair().onSource("UPDATE clicks SET page = -1 WHERE page = 1");
            world.killAtSource("tidetable snapshot");

            CopyResult result = world.complete(copy);

            assertThat(result.mendNeeded()).isFalse();
        }
        world.assertEqual("clicks");
    }

    @Test
    void aSnapshotIsNotHeldBeyondItsLimit() throws Exception {
        orders(3000);
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        InstantSource clock = now::get;
        CopySettings settings = new CopySettings(new ByteSize(32_768), Duration.ofMinutes(10));
        try (TableCopy copy = world.copyOf(world.layout("orders"), settings, Faults.NONE, clock);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            // Too long for what is free in the pages that are copied already.
            world.pair().onSource("INSERT INTO orders VALUES (0, 0, repeat('later ', 200))");
            now.set(Instant.EPOCH.plus(Duration.ofMinutes(9)));
            copy.step(copier, CopyPace.UNLIMITED);
            assertThat(copy.mendNeeded()).isFalse();

            now.set(Instant.EPOCH.plus(Duration.ofMinutes(11)));
            copy.step(copier, CopyPace.UNLIMITED);

            assertThat(copy.mendNeeded()).isTrue();
            world.complete(copy);
        }
        world.assertEqual("orders");
    }

    @Test
    void aRewriteBetweenChunksStartsTheCopyOver() throws Exception {
        orders(5000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            copy.step(copier, CopyPace.UNLIMITED);
            world.pair().onSource("DELETE FROM orders WHERE id % 3 = 0", "VACUUM FULL orders");

            assertThat(copy.step(copier, CopyPace.UNLIMITED))
                    .isInstanceOf(CopyStep.StartsOver.class);
            CopyResult result = world.complete(copy);

            assertThat(result.mendNeeded()).isFalse();
        }
        world.assertEqual("orders");
    }

    @Test
    void aTruncatedTableIsNotMistakenForItsOldSelf() throws Exception {
        orders(3000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            world.pair().onSource("TRUNCATE orders", "INSERT INTO orders VALUES (1, 1, 'one')");
            world.complete(copy);
        }
        world.assertEqual("orders");
    }

    @Test
    void aChangedTypeEndsTheCopyUntilItHasANewLayout() throws Exception {
        orders(3000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            world.pair().onBoth("ALTER TABLE orders ALTER COLUMN id TYPE bigint");

            assertThatThrownBy(() -> CopyWorld.drain(copy, copier))
                    .isInstanceOfSatisfying(
                            TidetableException.class,
                            e -> assertThat(e.code()).isEqualTo("TT-503"));
        }

        CopyResult result = world.copyWhole(world.layout("orders"));

        assertThat(result.mendNeeded()).isFalse();
        world.assertEqual("orders");
    }

    @Test
    void aRenamedColumnEndsTheCopyUntilItHasANewLayout() throws Exception {
        orders(3000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            world.pair().onBoth("ALTER TABLE orders RENAME COLUMN note TO remark");

            assertThatThrownBy(() -> copy.step(copier, CopyPace.UNLIMITED))
                    .hasMessageContaining("columns of public.orders changed");
        }

        world.copyWhole(world.layout("orders"));

        world.assertEqual("orders");
    }

    @Test
    void aSourceSessionKilledInTheMiddleOfAChunkLeavesNothingOfItBehind() throws Exception {
        world.pair().onBoth(CLICKS);
        world.pair()
                .onSource(
                        "INSERT INTO clicks SELECT i, repeat(md5(i::text), 100) FROM generate_series(1, 20000) i");
        world.register("clicks");
        CopySettings whole = new CopySettings(ByteSize.megabytes(256), Duration.ofMinutes(30));
        AtomicInteger kills = new AtomicInteger();
        CopyPace killing =
                new CopyPace() {
                    @Override
                    public void progressed(long rows, long bytes) {
                        if (kills.compareAndSet(0, 1)) {
                            try {
                                assertThat(world.killAtSource("tidetable copy")).isOne();
                            } catch (java.sql.SQLException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    }
                };
        try (TableCopy copy =
                        world.copyOf(
                                world.layout("clicks"),
                                whole,
                                Faults.NONE,
                                InstantSource.system());
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {

            assertThat(copy.step(copier, killing))
                    .isInstanceOfSatisfying(
                            CopyStep.Failed.class,
                            failed -> assertThat(failed.side()).isEqualTo(Side.SOURCE));

            assertThat(world.atDestination("SELECT count(*) FROM clicks")).isZero();
            CopyResult result = world.complete(copy);
            assertThat(result.mendNeeded()).as("the snapshot outlived its reader").isFalse();
        }
        world.assertEqual("clicks");
    }

    @Test
    void aCancelledChunkLeavesNothingBehindAndIsCopiedLater() throws Exception {
        orders(2000);
        CopyPace never =
                new CopyPace() {
                    @Override
                    public boolean isCancelled() {
                        return true;
                    }
                };
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {

            assertThat(copy.step(copier, never)).isInstanceOf(CopyStep.Skipped.class);

            assertThat(world.atDestination("SELECT count(*) FROM orders")).isZero();
            CopyWorld.drain(copy, copier);
            copy.finish();
        }
        world.assertEqual("orders");
    }

    @Test
    void aChunkThatAnotherProcessCommittedMeanwhileIsNotDoubled() throws Exception {
        clicks(1000);
        CopySettings whole = new CopySettings(ByteSize.megabytes(64), Duration.ofMinutes(30));
        TableLayout layout = world.layout("clicks");
        try (TableCopy slow = world.copyOf(layout, whole, Faults.NONE, InstantSource.system());
                ChunkCopier quick = new ChunkCopier(world.destination, Faults.NONE)) {
            Faults overtaken =
                    point -> {
                        if (point == FaultPoint.CHUNK_WRITTEN) {
                            try (TableCopy fast =
                                    world.copyOf(
                                            layout, whole, Faults.NONE, InstantSource.system())) {
                                CopyWorld.drain(fast, quick);
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    };
            try (ChunkCopier copier = new ChunkCopier(world.destination, overtaken)) {
                assertTakenOver(() -> slow.step(copier, CopyPace.UNLIMITED));
            }
        }
        world.assertEqual("clicks");
    }

    private static void assertTakenOver(ThrowingCallable step) {
        assertThatThrownBy(step)
                .isInstanceOfSatisfying(
                        TidetableException.class, e -> assertThat(e.code()).isEqualTo("TT-509"));
    }

    @Test
    void aProcessThatWasReplacedCannotEmptyATableThatIsInUse() throws Exception {
        orders(2000);
        TableLayout layout = world.layout("orders");
        try (TableCopy replaced = world.copyOf(layout, Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            replaced.step(copier, CopyPace.UNLIMITED);
            world.copyWhole(layout);
            world.pair().onSource("VACUUM FULL orders");

            assertTakenOver(() -> {
                CopyWorld.drain(replaced, copier);
                CopyWorld.drain(replaced, copier);
            });
        }
        world.assertEqual("orders");
    }

    @Test
    void aMarkIsSetOnceEvenWithinOneAttempt() throws Exception {
        clicks(1000);
        CopySettings whole = new CopySettings(ByteSize.megabytes(64), Duration.ofMinutes(30));
        TableLayout layout = world.layout("clicks");
        CopyLedger ledger = new CopyLedger(CopyWorld.PIPELINE, layout.source());
        try (TableCopy copy = world.copyOf(layout, whole, Faults.NONE, InstantSource.system());
                SnapshotHolder holder =
                        SnapshotHolder.take(world.source, "test", InstantSource.system());
                var to = world.destination.connect("test");
                ChunkCopier quick = new ChunkCopier(world.destination, Faults.NONE)) {
            assertThat(copy.remaining()).isOne();
            ChunkCopier.Work work =
                    new ChunkCopier.Work(
                            layout,
                            ledger,
                            ledger.chunks(to).getFirst(),
                            holder,
                            ChunkCopier.Mode.LOAD);
            Faults overtaken =
                    point -> {
                        if (point == FaultPoint.CHUNK_WRITTEN) {
                            try {
                                assertThat(quick.copy(work, CopyPace.UNLIMITED))
                                        .isInstanceOf(ChunkOutcome.Copied.class);
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    };
            try (ChunkCopier slow = new ChunkCopier(world.destination, overtaken)) {
                assertThat(slow.copy(work, CopyPace.UNLIMITED))
                        .isInstanceOf(ChunkOutcome.NotOurs.class);
            }
        }
        world.assertEqual("clicks");
    }

    @Test
    void aCommitThatNobodyHeardOfIsNotRepeated() throws Exception {
        clicks(2000);
        Faults unheard =
                point -> {
                    if (point == FaultPoint.CHUNK_COMMITTED) {
                        throw new IllegalStateException("lost");
                    }
                };
        TableLayout layout = world.layout("clicks");
        try (TableCopy copy = world.copyOf(layout, Faults.NONE);
                ChunkCopier dying = new ChunkCopier(world.destination, unheard);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            assertThatThrownBy(() -> copy.step(dying, CopyPace.UNLIMITED)).hasMessage("lost");
            CopyWorld.drain(copy, copier);
            copy.finish();
        }
        world.assertEqual("clicks");
    }

    @Test
    void noCrashOfTheSourceTakesBackWhatASnapshotSees() throws Exception {
        orders(10);
        try (var writer = world.source.connect("async");
                var statement = writer.createStatement()) {
            statement.execute("SET synchronous_commit = off");
            statement.execute("UPDATE public.orders SET price = 0");
            try (SnapshotHolder holder =
                            SnapshotHolder.take(world.source, "test", InstantSource.system());
                    var flushed =
                            statement.executeQuery(
                                    "SELECT pg_current_wal_flush_lsn() >= '%s'"
                                            .formatted(holder.snapshot().horizon()))) {
                flushed.next();
                assertThat(flushed.getBoolean(1)).isTrue();
            }
        }
    }

    @Test
    void aSnapshotOlderThanTheFirstOneIsRefused() throws Exception {
        orders(10);
        CopyLedger ledger = new CopyLedger(CopyWorld.PIPELINE, CopyWorld.table("orders"));
        try (SnapshotHolder old = SnapshotHolder.take(world.source, "old", InstantSource.system());
                var to = world.destination.connect("test")) {
            world.pair().onSource("UPDATE orders SET price = 0");
            try (SnapshotHolder young =
                    SnapshotHolder.take(world.source, "young", InstantSource.system())) {
                assertThat(ledger.recordSnapshot(to, ledger.lock(to), young.snapshot())).isTrue();
                assertThat(ledger.recordSnapshot(to, ledger.lock(to), old.snapshot())).isFalse();
                assertThat(ledger.recordSnapshot(to, ledger.lock(to), young.snapshot())).isTrue();
            }
        }
    }

    @Test
    void rowsThatNoCopyBroughtAreNeitherMixedWithNorRemoved() throws Exception {
        orders(100);
        world.pair().onDestination("INSERT INTO orders VALUES (-1, 1, 'theirs')");

        assertThatThrownBy(() -> world.copyWhole(world.layout("orders")))
                .isInstanceOfSatisfying(
                        TidetableException.class, e -> assertThat(e.code()).isEqualTo("TT-504"));

        assertThat(world.atDestination("SELECT count(*) FROM orders")).isOne();
    }

    @Test
    void triggersOfTheDestinationDoNotActOnCopiedRows() throws Exception {
        orders(100);
        world.pair()
                .onDestination(
                        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                        "CREATE TRIGGER swallow BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION swallow()");

        world.copyWhole(world.layout("orders"));

        world.assertEqual("orders");
    }

    @Test
    void aThrottledCopyIsAskedBeforeEveryBuffer() throws Exception {
        orders(5000);
        AtomicInteger admitted = new AtomicInteger();
        CopyPace counting =
                new CopyPace() {
                    @Override
                    public void admit(int bytes) {
                        admitted.addAndGet(bytes);
                    }
                };
        long copied = 0;
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            while (copy.step(copier, counting) instanceof CopyStep.Copied chunk) {
                copied += chunk.bytes();
            }
            assertThat(copy.estimate().doneBytes()).isEqualTo(copy.estimate().totalBytes());
            assertThat(copy.estimate().copiedRows()).isEqualTo(5000);
        }
        assertThat(admitted.get()).isEqualTo((int) copied);
    }
}
