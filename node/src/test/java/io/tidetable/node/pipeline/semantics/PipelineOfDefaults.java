package io.tidetable.node.pipeline.semantics;

import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.pipeline.Pipeline;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.postgres.Database;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A pipeline with the usual settings in a process of its own, whose memory can be bounded. At each
 * line of its input it waits until all is applied, and says so.
 */
final class PipelineOfDefaults {
    private PipelineOfDefaults() {}

    /** Arguments: source, destination, name, directory. */
    public static void main(String[] arguments) throws Exception {
        long begun = System.nanoTime();
        PipelineSettings settings =
                new PipelineSettings(
                        arguments[2],
                        new Database(arguments[0], Map.of()),
                        List.of(
                                new PipelineSettings.Destination(
                                        ReplicatedPair.REPORTING,
                                        new Database(arguments[1], Map.of()),
                                        4)),
                        List.of(
                                new PipelineSettings.TableRule(
                                        "public.*", true, new Consistency.Table(), 1, Track.BULK)),
                        Path.of(arguments[3]),
                        PipelineSettings.Journal.DEFAULT,
                        PipelineSettings.Tuning.DEFAULT);
        try (Pipeline pipeline = new Pipeline(settings, Faults.NONE)) {
            pipeline.start();
            System.out.println("started after " + milliseconds(begun) + " ms");
            BufferedReader input =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                long asked = System.nanoTime();
                boolean complete =
                        pipeline.awaitComplete(
                                ReplicatedPair.REPORTING,
                                Set.of(),
                                pipeline.sourcePosition(),
                                Duration.ofMinutes(20));
                System.out.printf(
                        "%s %s after %d ms%n",
                        line, complete ? "complete" : "incomplete", milliseconds(asked));
            }
        }
    }

    private static long milliseconds(long since) {
        return Duration.ofNanos(System.nanoTime() - since).toMillis();
    }
}
