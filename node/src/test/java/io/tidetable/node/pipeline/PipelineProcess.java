package io.tidetable.node.pipeline;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.tracks.TrackPolicy;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;

/**
 * A pipeline in a process of its own, to be killed. Reads commands from its input: {@code finish}
 * waits until all is applied, verifies and ends; {@code resync TABLE} merges a table; {@code track
 * TABLE express} (or {@code bulk}, or {@code other}) moves one. Somebody looks at its status all
 * the time.
 */
final class PipelineProcess {
    static final DestinationId DESTINATION = new DestinationId("reporting");

    /** Small, so that sealing, staging and chunks happen with little data. */
    private static final PipelineSettings.Journal JOURNAL =
            new PipelineSettings.Journal(
                    ByteSize.parse("1GB"),
                    ByteSize.parse("1GB"),
                    ByteSize.megabytes(64),
                    new ByteSize(256 << 10));

    private static final PipelineSettings.Tuning TUNING =
            new PipelineSettings.Tuning(
                    Duration.ofMillis(200),
                    new ByteSize(64 << 10),
                    new ByteSize(128 << 10),
                    Duration.ofMinutes(1));

    private PipelineProcess() {}

    /**
     * Arguments: source, destination, name, directory, and optionally a fault point with the time
     * at which it is deadly; a further one lets tables move by command only.
     */
    public static void main(String[] arguments) throws Exception {
        Faults faults =
                arguments.length > 4
                        ? Faults.haltAt(
                                FaultPoint.valueOf(arguments[4]), Integer.parseInt(arguments[5]))
                        : Faults.NONE;
        try (Replication pipeline =
                        new Replication(settings(arguments), faults, InstantSource.system());
                StatusPolling polling = new StatusPolling(pipeline)) {
            polling.start();
            pipeline.start();
            System.out.println("started");
            serve(pipeline);
            System.out.println("status was looked at " + polling.looks() + " times");
        }
        System.out.println("closed");
    }

    private static void serve(PipelineControl pipeline) throws Exception {
        BufferedReader input =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (line.startsWith("resync ")) {
                resync(pipeline, line.substring("resync ".length()).split("\\.", 2));
            } else if (line.startsWith("track ")) {
                track(pipeline, line.split(" "));
            } else if (line.equals("finish")) {
                finish(pipeline);
                return;
            }
        }
    }

    /** Moves a table; where it is on its way still, as soon as it has arrived. */
    private static void track(PipelineControl pipeline, String[] words) {
        String[] name = words[1].split("\\.", 2);
        TableId table = new TableId(name[0], name[1]);
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .ignoreException(TidetableException.class)
                .until(() -> {
                    pipeline.move(table, target(pipeline, table, words[2]));
                    return true;
                });
    }

    private static Track target(PipelineControl pipeline, TableId table, String wanted) {
        if (!wanted.equals("other")) {
            return Track.parse(wanted);
        }
        Track rides =
                pipeline.status().destinations().getFirst().tables().stream()
                        .filter(it -> it.table().equals(table))
                        .findFirst()
                        .orElseThrow()
                        .track();
        return rides == Track.BULK ? Track.EXPRESS : Track.BULK;
    }

    /** Refused while the table is being copied or merged; then there is nothing to ask for. */
    private static void resync(PipelineControl pipeline, String[] name) {
        try {
            pipeline.resync(DESTINATION, new TableId(name[0], name[1]));
        } catch (TidetableException e) {
            System.out.println("no resync: " + e.line());
        }
    }

    private static void finish(PipelineControl pipeline) throws InterruptedException {
        boolean complete =
                pipeline.awaitComplete(
                        DESTINATION, Set.of(), pipeline.sourcePosition(), Duration.ofMinutes(2));
        System.out.println(complete ? "complete" : "incomplete " + pipeline.status());
        List<TableVerification> wrong = new ArrayList<>();
        pipeline.verify(
                DESTINATION,
                Set.of(),
                false,
                each -> {
                    if (!each.equal()) {
                        wrong.add(each);
                    }
                });
        System.out.println(wrong.isEmpty() ? "verified" : "wrong " + wrong);
    }

    private static PipelineSettings settings(String[] arguments) {
        return new PipelineSettings(
                arguments[2],
                new Database(arguments[0], Map.of()),
                List.of(
                        new PipelineSettings.Destination(
                                DESTINATION, new Database(arguments[1], Map.of()), 3)),
                List.of(
                        rule("public.*", new Consistency.Table(), Track.BULK),
                        rule("public.bank_accounts", new Consistency.Table(), Track.EXPRESS),
                        rule("public.spread_counters", new Consistency.Key(3), Track.BULK),
                        rule("public.pgbench_accounts", new Consistency.Key(3), Track.BULK),
                        rule(
                                "public.pgbench_tellers",
                                new Consistency.Group("bank"),
                                Track.EXPRESS),
                        rule("public.pgbench_branches", new Consistency.Group("bank"), Track.BULK)),
                Path.of(arguments[3]),
                JOURNAL,
                TUNING,
                arguments.length > 6
                        ? new PipelineSettings.Moves(false, TrackPolicy.Limits.DEFAULT)
                        : PipelineSettings.Moves.DEFAULT);
    }

    private static PipelineSettings.TableRule rule(
            String pattern, Consistency consistency, Track track) {
        return new PipelineSettings.TableRule(pattern, true, consistency, 1, track);
    }
}
