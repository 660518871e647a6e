package io.tidetable.node.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.SourceSnapshot;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rule of visibility, end to end: an audit table at the source stands for the change stream; it
 * has every change with its top-level transaction, those of one row in the order of their commits.
 */
class CopyUnderLoadTest {
    private static final String AUDIT =
            """
            CREATE TABLE orders (id int PRIMARY KEY, value int, pad text);
            CREATE TABLE audit_log (place bigserial, xid bigint, kind text, id int, old_id int, value int);
            CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO audit_log (xid, kind, id, old_id, value) VALUES (
                    pg_current_xact_id()::text::bigint, TG_OP,
                    CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END,
                    CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.id END,
                    CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.value END);
                RETURN NULL;
            END $$;
            CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON orders
                FOR EACH ROW EXECUTE FUNCTION audit();
            """;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicBoolean lost = new AtomicBoolean();
    private final AtomicLong committed = new AtomicLong();

    @Test
    void whatOneSnapshotDoesNotSeeIsExactlyWhatIsLeftToApply() throws Exception {
        run(20261121, false);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatTheOldestSnapshotDoesNotSeeMendsACopyUnderSeveral(long seed) throws Exception {
        run(seed, true);
    }

    private void run(long seed, boolean loseSnapshots) throws Exception {
        System.out.println("seed " + seed);
        try (CopyWorld world = new CopyWorld();
                ExecutorService threads = Executors.newCachedThreadPool()) {
            world.pair().onSource(AUDIT);
            world.pair()
                    .onDestination("CREATE TABLE orders (id int PRIMARY KEY, value int, pad text)");
            world.pair()
                    .onSource(
                            "INSERT INTO orders SELECT i, 0, repeat('p', 60) FROM generate_series(1, 4000) i");
            world.register("orders");
            List<Future<?>> load = new ArrayList<>();
            for (int writer = 0; writer < 3; writer++) {
                Random random = new Random(seed * 10 + writer);
                load.add(threads.submit(() -> write(world, random)));
            }

            CopyResult result = copy(world, threads, loseSnapshots ? new Random(seed) : null);
            stop.set(true);
            for (Future<?> writer : load) {
                writer.get();
            }

            assertThat(result.mendNeeded()).isEqualTo(loseSnapshots);
            int replayed = replay(world, result.oldest(), result.mendNeeded());
            assertThat(replayed).isPositive();
            world.assertEqual("orders");
        }
    }

    private CopyResult copy(CopyWorld world, ExecutorService threads, @Nullable Random losing)
            throws Exception {
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE)) {
            List<Future<?>> copiers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                copiers.add(
                        threads.submit(() -> {
                            try (ChunkCopier copier =
                                    new ChunkCopier(world.destination, Faults.NONE)) {
                                step(world, copy, copier, losing);
                            }
                            return null;
                        }));
            }
            for (Future<?> copier : copiers) {
                copier.get();
            }
            return copy.finish().orElseThrow();
        }
    }

    private void step(CopyWorld world, TableCopy copy, ChunkCopier copier, @Nullable Random losing)
            throws Exception {
        CopyPace loaded =
                new CopyPace() {
                    @Override
                    public void admit(int bytes) {
                        // The source moves on while a chunk is on its way.
                        long before = committed.get();
                        await().pollDelay(Duration.ZERO)
                                .pollInterval(Duration.ofMillis(2))
                                .until(() -> committed.get() > before);
                    }
                };
        while (true) {
            CopyStep step = copy.step(copier, loaded);
            if (step instanceof CopyStep.AllCopied) {
                return;
            }
            if (losing != null
                    && step instanceof CopyStep.Copied
                    && (lost.compareAndSet(false, true) || losing.nextInt(6) == 0)) {
                world.killAtSource("tidetable snapshot");
            }
            if (step instanceof CopyStep.Busy) {
                Thread.onSpinWait();
            }
        }
    }

    private Void write(CopyWorld world, Random random) throws SQLException {
        try (Connection connection = world.pair().connectSource();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!stop.get()) {
                try {
                    transaction(statement, random);
                    if (random.nextInt(10) == 0) {
                        connection.rollback();
                    } else {
                        connection.commit();
                        committed.incrementAndGet();
                    }
                } catch (SQLException e) {
                    // Writers deadlock and collide now and then, as in life.
                    connection.rollback();
                }
            }
        }
        return null;
    }

    private static void transaction(Statement statement, Random random) throws SQLException {
        for (int left = random.nextInt(1, 6); left > 0; left--) {
            int id = random.nextInt(1, 5000);
            boolean nested = random.nextInt(3) == 0;
            if (nested) {
                statement.execute("SAVEPOINT nested");
            }
            statement.execute(
                    switch (random.nextInt(6)) {
                        case 0 ->
                                "INSERT INTO orders VALUES (%d, %d, 'new') ON CONFLICT DO NOTHING"
                                        .formatted(id, random.nextInt());
                        case 1 -> "DELETE FROM orders WHERE id = " + id;
                        case 2 ->
                                "UPDATE orders SET id = %d WHERE id = %d"
                                        .formatted(10_000 + random.nextInt(), id);
                        default ->
                                "UPDATE orders SET value = %d, pad = repeat('q', %d) WHERE id = %d"
                                        .formatted(random.nextInt(), random.nextInt(200), id);
                    });
            if (nested && random.nextInt(3) == 0) {
                statement.execute("ROLLBACK TO nested");
            }
        }
    }

    /** Applies what the snapshot does not see; strictly, unless rows are to be mended. */
    private static int replay(CopyWorld world, SourceSnapshot oldest, boolean mend)
            throws SQLException {
        int applied = 0;
        try (Connection source = world.pair().connectSource();
                Connection destination = world.pair().connectDestination();
                Statement read = source.createStatement();
                Statement write = destination.createStatement();
                ResultSet row =
                        read.executeQuery(
                                "SELECT a.*, o.pad FROM audit_log a LEFT JOIN orders o USING (id) ORDER BY place")) {
            while (row.next()) {
                if (oldest.sees(row.getLong("xid"))) {
                    continue;
                }
                applied++;
                apply(write, row, mend);
            }
        }
        return applied;
    }

    private static void apply(Statement write, ResultSet row, boolean mend) throws SQLException {
        int id = row.getInt("id");
        int changed =
                switch (row.getString("kind")) {
                    case "DELETE" -> write.executeUpdate("DELETE FROM orders WHERE id = " + id);
                    case "INSERT" -> put(write, row, mend);
                    case "UPDATE" -> {
                        if (mend) {
                            write.executeUpdate(
                                    "DELETE FROM orders WHERE id = " + row.getInt("old_id"));
                            yield put(write, row, true);
                        }
                        yield write.executeUpdate(
                                "UPDATE orders SET id = %d, value = %d, pad = %s WHERE id = %d"
                                        .formatted(
                                                id,
                                                row.getInt("value"),
                                                pad(row),
                                                row.getInt("old_id")));
                    }
                    default -> throw new IllegalStateException(row.getString("kind"));
                };
        if (!mend) {
            assertThat(changed)
                    .as(
                            "rows touched by %s of %d in %d",
                            row.getString("kind"), id, row.getLong("xid"))
                    .isOne();
        }
    }

    private static int put(Statement write, ResultSet row, boolean mend) throws SQLException {
        return write.executeUpdate(
                "INSERT INTO orders VALUES (%d, %d, %s)%s"
                        .formatted(
                                row.getInt("id"),
                                row.getInt("value"),
                                pad(row),
                                mend
                                        ? " ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value, pad = EXCLUDED.pad"
                                        : ""));
    }

    /**
     * The audit does not carry it; what the row holds in the end is what its last change brought.
     */
    private static String pad(ResultSet row) throws SQLException {
        String pad = row.getString("pad");
        return pad == null ? "NULL" : "'" + pad + "'";
    }
}
