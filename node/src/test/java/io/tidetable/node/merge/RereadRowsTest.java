package io.tidetable.node.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.TidetableException;
import io.tidetable.node.copy.CopyWorld;
import io.tidetable.node.verify.RowKey;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RereadRowsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void rowsComeBackByTheirKeysAndThoseThatAreGoneDoNot() throws Exception {
        try (CopyWorld world = new CopyWorld()) {
            world.pair()
                    .onBoth(
                            "CREATE TABLE orders (id int, part text, doc text, PRIMARY KEY (id, part))");
            world.pair()
                    .onSource(
                            "INSERT INTO orders VALUES (1, 'it''s', repeat('d', 9000)), (2, E'\\\\', NULL), (3, 'c', 'x')");
            RereadRows reread = new RereadRows(world.source, InstantSource.system());

            Reread read =
                    reread.read(
                            world.layout("orders"),
                            List.of(key("1", "it's"), key("2", "\\"), key("3", "gone")),
                            List.of("doc"),
                            List.of(),
                            PATIENCE);

            assertThat(read.rows())
                    .isEqualTo(
                            Map.of(
                                    key("1", "it's"),
                                    Map.of("doc", "d".repeat(9000)),
                                    key("2", "\\"),
                                    new HashMap<>(Collections.singletonMap("doc", null))));
        }
    }

    @Test
    void aTransactionThatIsNotVisibleYetIsWaitedFor() throws Exception {
        try (CopyWorld world = new CopyWorld();
                Connection writer = world.pair().connectSource();
                Statement statement = writer.createStatement()) {
            world.pair().onBoth("CREATE TABLE orders (id int PRIMARY KEY, doc text)");
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO orders VALUES (1, 'here')");
            long xid = CopyWorld.number(writer, "SELECT pg_current_xact_id()::text::bigint");
            RereadRows reread = new RereadRows(world.source, InstantSource.system());

            assertThatThrownBy(() ->
                            reread.read(
                                    world.layout("orders"),
                                    List.of(key("1")),
                                    List.of("doc"),
                                    List.of(xid),
                                    Duration.ofMillis(1)))
                    .isInstanceOfSatisfying(
                            TidetableException.class,
                            e -> assertThat(e.code()).isEqualTo("TT-511"));

            var layout = world.layout("orders");
            CompletableFuture<Reread> waiting =
                    CompletableFuture.supplyAsync(() -> {
                        try {
                            return reread.read(
                                    layout,
                                    List.of(key("1")),
                                    List.of("doc"),
                                    List.of(xid),
                                    PATIENCE);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    });
            writer.commit();

            Reread read = waiting.get();
            assertThat(read.rows()).containsEntry(key("1"), Map.of("doc", "here"));
            assertThat(read.snapshot().sees(xid)).isTrue();
        }
    }

    private static RowKey key(String... values) {
        return new RowKey(List.of(values));
    }
}
