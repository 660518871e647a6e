package io.tidetable.node.merge;

import io.tidetable.model.TableId;
import io.tidetable.node.copy.BinaryRule;
import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.LayoutReader;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.verify.Scope;
import java.sql.Connection;
import java.time.InstantSource;
import java.util.Map;

/** Merges the table {@code public.clicks} in a JVM of its own. */
final class MergeChild {
    private MergeChild() {}

    /** Takes the JDBC URLs of source and destination. */
    public static void main(String[] urls) throws Exception {
        Database source = new Database(urls[0], Map.of("user", "postgres"));
        Database destination = new Database(urls[1], Map.of("user", "postgres"));
        try (SnapshotHolder holder = SnapshotHolder.take(source, "test", InstantSource.system());
                Connection to = destination.connect("test")) {
            TableLayout layout =
                    new LayoutReader(BinaryRule.NEVER)
                            .read(holder.connection(), to, new TableId("public", "clicks"));
            to.setAutoCommit(false);
            long begun = System.nanoTime();
            MergeResult result =
                    new DiffMerge(20_000, CopyPace.UNLIMITED, Faults.NONE)
                            .merge(layout, Scope.ALL, holder.connection(), to, Connection::commit);
            to.commit();
            System.out.printf("%s in %.1f s%n", result, (System.nanoTime() - begun) / 1e9);
        }
    }
}
