package io.tidetable.node.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.CopyWorld;
import io.tidetable.node.copy.EveryType;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.verify.Scope;
import io.tidetable.node.verify.TableComparison;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("wide")
class OtherVersionsTest {
    static List<String> otherVersions() {
        return Servers.otherVersions();
    }

    @ParameterizedTest
    @MethodSource("otherVersions")
    void everyTypeIsCopiedFromAnOlderSourceAndComparesEqual(String version) throws Exception {
        copyCompareAndMend(Servers.freshPair(version, null));
    }

    @ParameterizedTest
    @MethodSource("otherVersions")
    void everyTypeIsCopiedToAnOlderDestinationAndComparesEqual(String version) throws Exception {
        copyCompareAndMend(Servers.freshPair(null, version));
    }

    private static void copyCompareAndMend(DatabasePair pair) throws Exception {
        try (CopyWorld world = new CopyWorld(pair)) {
            EveryType.create(world, 300);
            world.register("types");
            world.copyWhole(world.textLayout("types"));
            world.assertEqual("types");
            var layout = world.layout("types");
            try (SnapshotHolder holder =
                            SnapshotHolder.take(world.source, "test", InstantSource.system());
                    Connection to = world.destination.connect("test")) {
                to.setAutoCommit(false);
                var comparison = new TableComparison(10, InstantSource.system());
                var verdict = comparison.compare(layout, Scope.ALL, holder.connection(), to);
                assertThat(verdict.differences()).isEmpty();
                pair.onDestination(
                        "UPDATE types SET f8 = f8 + 1 WHERE id % 10 = 0",
                        "DELETE FROM types WHERE id < 5");

                new DiffMerge(10, CopyPace.UNLIMITED, Faults.NONE)
                        .merge(layout, Scope.ALL, holder.connection(), to, Connection::commit);
                to.commit();
            }
            world.assertEqual("types");
        }
    }
}
