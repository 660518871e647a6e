package io.tidetable.node.pipeline.semantics;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/** Cases times ways: all cases of a way share one pipeline, and each is judged by itself. */
final class Matrix {
    private Matrix() {}

    /** A test for each way and case, on servers that all tests share. */
    static Stream<DynamicNode> of(List<Case> cases) {
        return of(cases, ReplicatedPair::fresh);
    }

    /** A test for each way and case; each way on a new pair. */
    static Stream<DynamicNode> of(List<Case> cases, Supplier<ReplicatedPair> pairs) {
        return Arrays.stream(Way.values())
                .map(way ->
                        dynamicContainer(
                                way.words(),
                                Stream.of(way).flatMap(it -> tests(it, cases, pairs).stream())));
    }

    private static List<DynamicTest> tests(
            Way way, List<Case> cases, Supplier<ReplicatedPair> pairs) {
        List<DynamicTest> tests = new ArrayList<>();
        try (ReplicatedPair pair = pairs.get()) {
            int version = Math.min(pair.sourceVersion(), pair.destinationVersion()) / 10_000;
            List<Case> possible =
                    cases.stream().filter(each -> each.sinceVersion() <= version).toList();
            prepare(pair, possible);
            way.carry(pair, possible);
            pair.settle();
            for (Case each : possible) {
                Throwable difference = difference(pair, each);
                tests.add(
                        dynamicTest(
                                each.name(),
                                () -> {
                                    if (difference != null) {
                                        throw difference;
                                    }
                                }));
            }
        } catch (Exception e) {
            tests.add(
                    dynamicTest(
                            "the cases are carried",
                            () -> {
                                throw e;
                            }));
        }
        return tests;
    }

    private static @Nullable Throwable difference(ReplicatedPair pair, Case each)
            throws SQLException {
        try {
            pair.assertEqual(each);
            return null;
        } catch (AssertionError e) {
            return new AssertionError(each.name() + ": " + e.getMessage(), e);
        }
    }

    private static void prepare(ReplicatedPair pair, List<Case> cases) throws SQLException {
        pair.databases().onBoth("CREATE EXTENSION hstore", "CREATE EXTENSION citext");
        for (Case each : cases) {
            pair.source("CREATE SCHEMA " + each.namespace());
            pair.source(each, each.tables());
            if (!each.there().isEmpty()) {
                pair.destination("CREATE SCHEMA " + each.namespace());
                pair.destination(each, each.there());
            }
        }
    }
}
