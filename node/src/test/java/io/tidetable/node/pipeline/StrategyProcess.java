package io.tidetable.node.pipeline;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;

/**
 * A pipeline in a process of its own whose table of parcels gets other strategies, to be killed.
 * Reads commands from its input: {@code switch STRATEGY} brings a strategy, {@code finish} waits
 * until all is applied, verifies and ends.
 */
final class StrategyProcess {
    private static final DestinationId DESTINATION = new DestinationId("reporting");
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private StrategyProcess() {}

    /**
     * Arguments: source, destination, name, directory, whether publications leave out what is not
     * needed, and optionally a deadly fault point.
     */
    public static void main(String[] arguments) throws Exception {
        Faults faults =
                arguments.length > 5
                        ? Faults.haltAt(FaultPoint.valueOf(arguments[5]), 1)
                        : Faults.NONE;
        PipelineSettings settings =
                new PipelineSettings(
                        arguments[2],
                        new Database(arguments[0], Map.of()),
                        List.of(
                                new PipelineSettings.Destination(
                                        DESTINATION, new Database(arguments[1], Map.of()), 3)),
                        List.of(
                                new PipelineSettings.TableRule(
                                        "public.*", true, new Consistency.Table(), 1, Track.BULK)),
                        Path.of(arguments[3]),
                        PipelineSettings.Journal.DEFAULT,
                        new PipelineSettings.Tuning(
                                Duration.ofMillis(200),
                                new ByteSize(64 << 10),
                                new ByteSize(128 << 10),
                                Duration.ofMinutes(1)),
                        PipelineSettings.Moves.DEFAULT,
                        List.of(),
                        Boolean.parseBoolean(arguments[4]),
                        PipelineSettings.LostChanges.MERGE);
        try (Pipeline pipeline = new Pipeline(settings, faults)) {
            pipeline.start();
            System.out.println("started");
            BufferedReader input =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                if (line.equals("finish")) {
                    finish(pipeline);
                    return;
                }
                bring(pipeline, line.substring("switch ".length()));
            }
        }
    }

    static Strategy named(String name) {
        return switch (name) {
            case "full" -> new Strategy.Full(Duration.ofHours(1));
            case "sampling" -> StrategySwitchTest.SAMPLING;
            case "functional" -> StrategySwitchTest.FUNCTIONAL;
            case "few" ->
                    PushDownTest.needing(
                            List.of("status", "sent"), "id < 1500 AND status <> 'lost'");
            case "more" ->
                    PushDownTest.needing(
                            List.of("status", "weight"), "id < 1500 OR id BETWEEN 5000 AND 6000");
            case "other" -> PushDownTest.needing(List.of("sent", "weight"), "id > 1000");
            default -> StrategySwitchTest.DELTA;
        };
    }

    private static void bring(Pipeline pipeline, String name) {
        Awaitility.await()
                .atMost(LIMIT)
                .ignoreExceptionsMatching(
                        e -> e instanceof TidetableException it && it.code().equals("TT-406"))
                .until(() -> {
                    pipeline.switchStrategy(DESTINATION, Parcels.TABLE, named(name));
                    return true;
                });
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        pipeline.strategy(DESTINATION, Parcels.TABLE).strategy().equals(named(name))
                                && pipeline.status().destinations().getFirst().tables().stream()
                                        .allMatch(it -> it.state() == TableState.STREAMING));
        System.out.println("has " + name);
    }

    private static void finish(Pipeline pipeline) throws InterruptedException {
        System.out.println(
                "under " + pipeline.strategy(DESTINATION, Parcels.TABLE).strategy().label());
        boolean complete =
                pipeline.awaitComplete(DESTINATION, Set.of(), pipeline.sourcePosition(), LIMIT);
        System.out.println(complete ? "complete" : "incomplete " + pipeline.status());
        pipeline.verify(
                DESTINATION,
                Set.of(),
                false,
                each -> System.out.println(each.equal() ? "verified" : "wrong " + each));
    }
}
