package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.tracks.TrackPolicy;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Moves between tracks while a destination rests, is busy, or was set back. */
@Timeout(value = 3, unit = java.util.concurrent.TimeUnit.MINUTES)
@Tag("slow")
class TrackMoveTroubleTest extends TrackMoveWorld {
    /** Neither track has all that it lacks, and the one it would read has nothing to say so. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDestinationRestoredToBeforeTheWayThereAndBackIsCompared(boolean automatic)
            throws Exception {
        moves = automatic ? PipelineSettings.Moves.DEFAULT : BY_COMMAND;
        createTables();
        try (Pipeline pipeline = started()) {
            databases.onSource("UPDATE hot SET value = 1 WHERE id = 1");
            awaitComplete(pipeline);
            databases.onDestination(
                    "CREATE SCHEMA backup",
                    "CREATE TABLE backup.hot AS SELECT * FROM hot",
                    "CREATE TABLE backup.progress AS SELECT * FROM tidetable.progress WHERE lane = 'public.hot'");
            pipeline.move(HOT, Track.BULK);
            awaitRides(pipeline, HOT, Track.BULK);
            databases.onSource(
                    "UPDATE hot SET value = 5 WHERE id = 5", "DELETE FROM hot WHERE id = 6");
            awaitComplete(pipeline);
            pipeline.move(HOT, Track.EXPRESS);
            awaitRides(pipeline, HOT, Track.EXPRESS);
            awaitComplete(pipeline);
        }
        databases.onDestination(
                "TRUNCATE hot",
                "INSERT INTO hot SELECT * FROM backup.hot",
                "DELETE FROM tidetable.progress WHERE lane = 'public.hot'",
                "INSERT INTO tidetable.progress SELECT * FROM backup.progress",
                "DROP SCHEMA backup CASCADE");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitEqual(pipeline);
        }
    }

    /** Bulk carries the table all the time, and kept nothing of it. */
    @Test
    void aDestinationThatRemembersTheTableOnBulkIsCompared() throws Exception {
        moves = PipelineSettings.Moves.DEFAULT;
        createTables();
        try (Pipeline pipeline = started()) {
            awaitMoved(pipeline, HOT, Track.BULK);
            databases.onSource("UPDATE hot SET value = 1 WHERE id = 1");
            awaitComplete(pipeline);
            databases.onDestination(
                    "CREATE SCHEMA backup",
                    "CREATE TABLE backup.hot AS SELECT * FROM hot",
                    "CREATE TABLE backup.progress AS SELECT * FROM tidetable.progress WHERE lane = 'public.hot'");
            awaitMoved(pipeline, HOT, Track.EXPRESS);
            // Bulk is let go then.
            databases.onSource("UPDATE cold SET value = 1 WHERE id = 1");
            awaitComplete(pipeline);
        }
        try (Pipeline pipeline = started()) {
            databases.onSource(
                    "UPDATE hot SET value = 5 WHERE id = 5", "DELETE FROM hot WHERE id = 6");
            awaitComplete(pipeline);
        }
        databases.onDestination(
                "TRUNCATE hot",
                "INSERT INTO hot SELECT * FROM backup.hot",
                "DELETE FROM tidetable.progress WHERE lane = 'public.hot'",
                "INSERT INTO tidetable.progress SELECT * FROM backup.progress",
                "UPDATE tidetable.replicated_table SET track = 'bulk' WHERE name = 'hot'",
                "DROP SCHEMA backup CASCADE");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitEqual(pipeline);
            databases.onSource("UPDATE hot SET value = 7 WHERE id < 9");
            awaitEqual(pipeline);
        }
    }

    @Test
    void expressIsLeftThoughALaneIsBusy() throws Exception {
        archive = Servers.freshPair();
        moves = PipelineSettings.Moves.DEFAULT;
        createTables();
        Gate busy = new Gate(FaultPoint.BATCH_WRITTEN, "apply-archive");
        faults = busy;
        try (Pipeline pipeline = started()) {
            Arrivals.awaitComplete(pipeline, ARCHIVE);
            busy.close();
            databases.onSource("UPDATE hot SET value = 1");
            busy.awaitReached();

            pipeline.move(HOT, Track.BULK);

            awaitNotPublished(HOT, Track.EXPRESS);
            databases.onSource("UPDATE hot SET value = value * 3 WHERE id < 50");
            assertThat(
                            pipeline.awaitComplete(
                                    REPORTING, Set.of(HOT), pipeline.sourcePosition(), LIMIT))
                    .isTrue();
            busy.open();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitAllEqual(pipeline);
        } finally {
            busy.open();
        }
    }

    /** Whichever of the tracks a lane stands on, bulk has what it needs. */
    @Test
    void aMoveToExpressThatCannotEndIsTakenBack() throws Exception {
        archive = Servers.freshPair();
        moves = PipelineSettings.Moves.DEFAULT;
        createTables();
        try (Pipeline pipeline = started()) {
            Arrivals.awaitComplete(pipeline, ARCHIVE);
            pipeline.move(HOT, Track.BULK);
            awaitRides(pipeline, HOT, Track.BULK);
            pipeline.pause(ARCHIVE, HOT);
            databases.onSource("UPDATE hot SET value = 1 WHERE id < 10");
            pipeline.move(HOT, Track.EXPRESS);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> moveText(pipeline, HOT).contains("destinations apply"));
            databases.onSource("UPDATE hot SET value = value + 2 WHERE id < 20");
            awaitComplete(pipeline);

            pipeline.move(HOT, Track.BULK);

            awaitNotPublished(HOT, Track.EXPRESS);
            databases.onSource("UPDATE hot SET value = value * 3 WHERE id < 30");
            awaitComplete(pipeline);
            assertThat(status(pipeline, HOT).move()).isNull();
            assertThat(status(pipeline, HOT).track()).isEqualTo(Track.BULK);
            pipeline.resume(ARCHIVE, HOT);
            awaitAllEqual(pipeline);
            awaitMoved(pipeline, HOT, Track.EXPRESS);
            databases.onSource("UPDATE hot SET value = value - 1 WHERE id < 40");
            awaitAllEqual(pipeline);
        }
    }

    @Test
    void aMoveToExpressThatWaitsForAWriterIsTakenBack() throws Exception {
        moves = PipelineSettings.Moves.DEFAULT;
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            pipeline.move(HOT, Track.BULK);
            awaitRides(pipeline, HOT, Track.BULK);
            run(open, "INSERT INTO hot VALUES (9501, 1)");
            pipeline.move(HOT, Track.EXPRESS);
            awaitPublished(HOT, Track.EXPRESS);

            pipeline.move(HOT, Track.BULK);

            awaitNotPublished(HOT, Track.EXPRESS);
            run(open, "INSERT INTO hot VALUES (9502, 1)");
            open.commit();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aStartThatFindsAMoveTakenBackHalfwayReadsBulk() throws Exception {
        moves = PipelineSettings.Moves.DEFAULT;
        createTables();
        Gate struckOut = new Gate(FaultPoint.MOVE_TAKEN_BACK, "move-");
        struckOut.close();
        faults = struckOut;
        try (Pipeline pipeline = started()) {
            pipeline.move(HOT, Track.BULK);
            awaitRides(pipeline, HOT, Track.BULK);
            pipeline.pause(REPORTING, HOT);
            pipeline.move(HOT, Track.EXPRESS);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> moveText(pipeline, HOT).contains("destinations apply"));
            databases.onSource("UPDATE hot SET value = 1 WHERE id < 10");
            pipeline.move(HOT, Track.BULK);
            struckOut.awaitReached();
        }
        faults = Faults.NONE;
        databases.onSource("UPDATE hot SET value = value + 2 WHERE id < 20");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            assertThat(publishedOn(Track.EXPRESS)).doesNotContain("hot");
            pipeline.resume(REPORTING, HOT);
            awaitEqual(pipeline);
            assertThat(status(pipeline, HOT).track()).isEqualTo(Track.BULK);
        }
    }

    @Test
    void aFloodTakesItsTablesMoveHomeBackWhereThatCannotEnd() throws Exception {
        archive = Servers.freshPair();
        rules = List.of(rule("public.*", new Consistency.Table(), Track.EXPRESS));
        moves =
                new PipelineSettings.Moves(
                        true,
                        new TrackPolicy.Limits(
                                2_000,
                                ByteSize.megabytes(20),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1),
                                10));
        createTables();
        Gate home = new Gate(FaultPoint.MOVE_DECIDED, "move-express");
        home.close();
        faults = home;
        try (Pipeline pipeline = started()) {
            Arrivals.awaitComplete(pipeline, ARCHIVE);
            databases.onSource("INSERT INTO hot SELECT g, g FROM generate_series(5001, 35000) g");
            home.awaitReached();
            assertThat(status(pipeline, HOT).track()).isEqualTo(Track.BULK);
            pipeline.pause(ARCHIVE, HOT);
            home.open();
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> moveText(pipeline, HOT).contains("destinations apply"));

            databases.onSource("INSERT INTO hot SELECT g, g FROM generate_series(35001, 65000) g");

            awaitNotPublished(HOT, Track.EXPRESS);
            pipeline.resume(ARCHIVE, HOT);
            awaitAllEqual(pipeline);
        } finally {
            home.open();
        }
    }

    @Test
    void bulkKeepsNothingOfATableWhoseLanesAllReadExpress() throws Exception {
        moves = PipelineSettings.Moves.DEFAULT;
        createTables();
        try (Pipeline pipeline = started()) {
            // There and back, after which nobody needs bulk's part any more either.
            awaitMoved(pipeline, HOT, Track.BULK);
            awaitMoved(pipeline, HOT, Track.EXPRESS);
            assertThat(publishedOn(Track.BULK)).contains("hot");
            pipeline.pause(REPORTING, HOT);
            for (int round = 0; round < 20; round++) {
                databases.onSource("UPDATE hot SET note = repeat(md5(random()::text), 100)");
            }
            databases.onSource("UPDATE cold SET value = 1");
            assertThat(
                            pipeline.awaitComplete(
                                    REPORTING, Set.of(COLD), pipeline.sourcePosition(), LIMIT))
                    .isTrue();

            Awaitility.await()
                    .atMost(LIMIT)
                    .untilAsserted(() -> {
                        assertThat(journalBytes(pipeline, Track.EXPRESS)).isGreaterThan(4L << 20);
                        assertThat(journalBytes(pipeline, Track.BULK)).isLessThan(1L << 20);
                    });
            pipeline.move(HOT, Track.BULK);
            databases.onSource("UPDATE hot SET value = 7");
            pipeline.resume(REPORTING, HOT);
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void anErrorEndsThePipelineWithALineAndTheNextStartGoesOn() throws Exception {
        createTables();
        faults =
                point -> {
                    if (point == FaultPoint.MOVE_SETTLED) {
                        throw new StackOverflowError("of the test");
                    }
                };
        try (Pipeline pipeline = started()) {
            pipeline.move(HOT, Track.BULK);
            Awaitility.await().atMost(LIMIT).until(() -> pipeline.failure().isPresent());
            assertThat(pipeline.failure().map(TidetableException::line).orElseThrow())
                    .contains("TT-492", "public.hot", "start again");
        }
        faults = Faults.NONE;
        databases.onSource("UPDATE hot SET value = 7");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    private static long journalBytes(Pipeline pipeline, Track track) {
        return pipeline.status().tracks().stream()
                .filter(status -> status.track() == track)
                .findFirst()
                .orElseThrow()
                .journalBytes();
    }

    private static void awaitMoved(Pipeline pipeline, TableId table, Track track) {
        pipeline.move(table, track);
        awaitRides(pipeline, table, track);
    }

    private void awaitNotPublished(TableId table, Track track) {
        Awaitility.await().atMost(LIMIT).until(() -> !publishedOn(track).contains(table.name()));
    }

    private void awaitAllEqual(Pipeline pipeline) throws Exception {
        awaitEqual(pipeline);
        Arrivals.awaitComplete(pipeline, ARCHIVE);
        assertThat(pipeline.verify(ARCHIVE, Set.of(), false, each -> {}))
                .allMatch(TableVerification::equal);
    }
}
