package io.tidetable.node.pipeline.semantics;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import io.tidetable.testkit.Servers;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * All cases from and to servers of other versions; {@code -Dtidetable.versions="17 to 16"} takes
 * that pair alone.
 */
@Tag("wide")
class VersionsTest {
    private static final List<Case> CASES =
            Stream.of(
                            KeysTest.CASES,
                            ValuesTest.CASES,
                            BuiltInTypesTest.CASES,
                            ShapesTest.CASES,
                            ConstraintsTest.CASES,
                            ConstraintsTest.TRANSACTIONS,
                            PartitionsTest.CASES)
                    .flatMap(List::stream)
                    .toList();

    /** Major versions of a source and a destination. */
    private record Pair(int source, int destination) {
        @Override
        public String toString() {
            return "from %d to %d".formatted(source, destination);
        }

        ReplicatedPair fresh() {
            return ReplicatedPair.on(Servers.freshPair(version(source), version(destination)));
        }
    }

    @TestFactory
    Stream<DynamicNode> arrives() {
        return Stream.of(
                        new Pair(14, 18),
                        new Pair(15, 15),
                        new Pair(15, 18),
                        new Pair(18, 15),
                        new Pair(16, 17),
                        new Pair(17, 16),
                        new Pair(18, 18))
                .filter(pair ->
                        pair.toString().endsWith(System.getProperty("tidetable.versions", "")))
                .map(pair -> dynamicContainer(pair.toString(), Matrix.of(CASES, pair::fresh)));
    }

    /** The version at hand of a major one; null for the one on the class path. */
    private static @Nullable String version(int major) {
        return major == 18
                ? null
                : Servers.otherVersions().stream()
                        .filter(version -> version.startsWith(major + "."))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalStateException("no server of version " + major));
    }
}
