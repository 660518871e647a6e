package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Pins;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.tracks.TrackPolicy;
import io.tidetable.testkit.MixedChanges;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A table changes its track while it is written to, and no change is lost, doubled or reordered.
 */
@Timeout(value = 3, unit = java.util.concurrent.TimeUnit.MINUTES)
@Tag("slow")
class TrackMoveTest extends TrackMoveWorld {
    @Test
    void aStopRightAfterMovesThereAndBackLeavesNothingToCompare() throws Exception {
        createTables();
        try (Pipeline pipeline = started()) {
            for (Track to : List.of(Track.BULK, Track.EXPRESS)) {
                pipeline.move(HOT, to);
                awaitRides(pipeline, HOT, to);
            }
        }
        try (LogEars log = new LogEars()) {
            log.listen();
            try (Pipeline pipeline = started()) {
                databases.onSource("UPDATE hot SET value = value + 1");
                awaitEqual(pipeline);
            }
            assertThat(log.count("TT-246")).isZero();
        }
    }

    @Test
    void aTableMovesThereAndBackAndItsChangesFollow() throws Exception {
        createTables();
        try (Pipeline pipeline = started()) {
            for (int round = 0; round < 4; round++) {
                Track to = round % 2 == 0 ? Track.BULK : Track.EXPRESS;
                databases.onSource("UPDATE hot SET value = value + 1");
                pipeline.move(HOT, to);
                databases.onSource("INSERT INTO hot SELECT max(id) + 1, 0 FROM hot");
                awaitRides(pipeline, HOT, to);
                assertThat(publishedOn(to)).contains("hot");
                databases.onSource("UPDATE hot SET value = value * 2");
            }
            awaitEqual(pipeline);
        }
        // What the destination remembers is what the next start finds at the source.
        try (Pipeline pipeline = started()) {
            assertThat(status(pipeline, HOT).track()).isEqualTo(Track.EXPRESS);
            assertThat(status(pipeline, HOT).state()).isEqualTo(TableState.STREAMING);
        }
    }

    @Test
    void aTransactionThatIsOpenAcrossTheCutArrivesWhole() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(open, "INSERT INTO hot VALUES (1001, 1)", "UPDATE hot SET value = -1 WHERE id = 1");
            pipeline.move(HOT, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            run(
                    open,
                    "INSERT INTO hot VALUES (1002, 2)",
                    "UPDATE hot SET value = value - 1 WHERE id IN (1, 2)",
                    "UPDATE cold SET value = 5 WHERE id = 1");
            databases.onSource("UPDATE hot SET value = 7 WHERE id = 9");
            awaitComplete(pipeline);
            // Its end alone lets the move end: what it wrote before the cut is on the old track.
            assertThat(status(pipeline, HOT).move()).contains("from express to bulk");
            assertThat(status(pipeline, HOT).track()).isEqualTo(Track.EXPRESS);
            open.commit();
            databases.onSource("UPDATE hot SET value = value * 3 WHERE id IN (1, 2, 1002)");
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aChangeOnTheNewTrackWaitsForOlderOnesOnTheOldTrack() throws Exception {
        createTables();
        Gate old = new Gate(FaultPoint.JOURNAL_APPENDED, "capture-bulk");
        faults = old;
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(open, "UPDATE cold SET value = 100 WHERE id = 1");
            pipeline.move(COLD, Track.EXPRESS);
            awaitPublished(COLD, Track.EXPRESS);
            awaitComplete(pipeline);
            old.close();
            open.commit();
            // Rides the express track alone, and must not be applied before the older change.
            databases.onSource("UPDATE cold SET value = value + 1 WHERE id = 1");
            databases.onSource("UPDATE hot SET value = -7 WHERE id = 1");
            // The other table of the express track shows that it has come so far.
            Awaitility.await().atMost(LIMIT).until(() -> destinationValue("hot", 1) == -7);
            assertThat(destinationValue("cold", 1)).isEqualTo(0);
            old.open();
            awaitRides(pipeline, COLD, Track.EXPRESS);
            awaitEqual(pipeline);
            assertThat(destinationValue("cold", 1)).isEqualTo(101);
        } finally {
            old.open();
        }
    }

    @Test
    void subtransactionsOnBothSidesOfTheCutAreKeptOrDropped() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(
                    open,
                    "SAVEPOINT dropped_before",
                    "INSERT INTO hot VALUES (2001, 1)",
                    "ROLLBACK TO dropped_before",
                    "SAVEPOINT kept",
                    "INSERT INTO hot VALUES (2002, 1)",
                    "SAVEPOINT dropped_across",
                    "INSERT INTO hot VALUES (2003, 1)");
            pipeline.move(HOT, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            run(
                    open,
                    "INSERT INTO hot VALUES (2004, 1)",
                    "ROLLBACK TO dropped_across",
                    "INSERT INTO hot VALUES (2003, 3)",
                    "RELEASE kept",
                    "DELETE FROM hot WHERE id = 3");
            open.commit();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aPreparedTransactionIsWaitedForAndArrivesWhole() throws Exception {
        createTables();
        try (Pipeline pipeline = started()) {
            try (Connection open = session()) {
                run(
                        open,
                        "INSERT INTO hot VALUES (3001, 1)",
                        "UPDATE hot SET value = -3 WHERE id = 4",
                        "PREPARE TRANSACTION 'across'");
            }
            pipeline.move(HOT, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> moveText(pipeline, HOT).contains("prepared transaction"));
            databases.onSource("INSERT INTO hot VALUES (3002, 1)");
            databases.onSource("COMMIT PREPARED 'across'");
            databases.onSource("UPDATE hot SET value = value - 1 WHERE id = 4");
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aStreamedGiantTransactionIsCutInTheMiddle() throws Exception {
        databases.onSource(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(databases.sourceName()));
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(
                    open,
                    "INSERT INTO hot SELECT g, g FROM generate_series(10001, 60000) g",
                    "SAVEPOINT dropped",
                    "UPDATE hot SET value = -value",
                    "ROLLBACK TO dropped",
                    "UPDATE cold SET value = value + 1");
            pipeline.move(HOT, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            run(
                    open,
                    "UPDATE hot SET value = value + 1 WHERE id > 10000",
                    "DELETE FROM hot WHERE id % 7 = 0 AND id > 10000",
                    "INSERT INTO hot SELECT g, g FROM generate_series(100001, 120000) g");
            databases.onSource("UPDATE cold SET value = 9 WHERE id > 1000");
            open.commit();
            databases.onSource("DELETE FROM hot WHERE id % 5 = 0 AND id > 10000");
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aRolledBackTransactionAcrossTheCutLeavesNothing() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(open, "DELETE FROM hot WHERE id < 50", "INSERT INTO hot VALUES (4001, 1)");
            pipeline.move(HOT, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            run(open, "TRUNCATE hot");
            open.rollback();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aTruncateAcrossTheCutArrivesInItsPlace() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(
                    open,
                    "UPDATE cold SET value = 1 WHERE id = 1",
                    "UPDATE hot SET value = 1 WHERE id = 1");
            pipeline.move(HOT, Track.BULK);
            pipeline.move(COLD, Track.EXPRESS);
            awaitPublished(HOT, Track.BULK);
            awaitPublished(COLD, Track.EXPRESS);
            run(
                    open,
                    "TRUNCATE cold, hot",
                    "INSERT INTO cold VALUES (1, 1)",
                    "INSERT INTO hot VALUES (2, 2)");
            open.commit();
            databases.onSource("INSERT INTO cold VALUES (2, 2)");
            awaitRides(pipeline, COLD, Track.EXPRESS);
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    @Tag("wide")
    void aTableWhoseLockIsNotHadStaysWhereItIs() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(open, "LOCK TABLE hot IN SHARE UPDATE EXCLUSIVE MODE");
            pipeline.move(HOT, Track.BULK);
            databases.onSource("UPDATE hot SET value = 1 WHERE id = 1");
            awaitRides(pipeline, HOT, Track.EXPRESS);
            assertThat(publishedOn(Track.EXPRESS)).contains("hot");
            awaitEqual(pipeline);
            open.rollback();
            pipeline.move(HOT, Track.BULK);
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void tablesOfAGroupMoveTogetherAndStayTogetherForReaders() throws Exception {
        rules =
                List.of(
                        rule("public.*", new Consistency.Group("shop"), Track.EXPRESS),
                        rule("public.other", new Consistency.Table(), Track.BULK));
        databases.onSource("CREATE TABLE other (id int PRIMARY KEY)");
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(
                    open,
                    "UPDATE hot SET value = value + 5 WHERE id = 1",
                    "UPDATE cold SET value = value - 5 WHERE id = 1");
            pipeline.move(COLD, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            awaitPublished(COLD, Track.BULK);
            run(
                    open,
                    "UPDATE hot SET value = value + 5 WHERE id = 2",
                    "UPDATE cold SET value = value - 5 WHERE id = 2");
            assertThat(destinationSum()).isZero();
            open.commit();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitRides(pipeline, COLD, Track.BULK);
            awaitEqual(pipeline);
            assertThat(destinationSum()).isZero();
        }
    }

    @Test
    void keyLanesAndStrictLanesFollowTheirTables() throws Exception {
        for (Consistency consistency : List.of(new Consistency.Key(3), new Consistency.Strict())) {
            rules =
                    List.of(
                            rule("public.*", consistency, Track.EXPRESS),
                            rule("public.other", new Consistency.Table(), Track.BULK));
            databases.onSource(
                    "DROP TABLE IF EXISTS hot, cold, other",
                    "CREATE TABLE other (id int PRIMARY KEY)");
            createTables();
            directory = directory.resolve(consistency.label().replaceAll("\\W", ""));
            try (Pipeline pipeline = started();
                    Connection open = session()) {
                run(
                        open,
                        "UPDATE hot SET id = id + 5000 WHERE id < 20",
                        "INSERT INTO hot SELECT g, g FROM generate_series(6001, 6100) g",
                        "INSERT INTO cold SELECT g, g FROM generate_series(6001, 6100) g");
                pipeline.move(HOT, Track.BULK);
                awaitPublished(HOT, Track.BULK);
                run(
                        open,
                        "UPDATE hot SET id = id + 5000 WHERE id BETWEEN 20 AND 40",
                        "UPDATE hot SET value = -1 WHERE id > 6050",
                        "UPDATE cold SET value = -1 WHERE id > 6050");
                databases.onSource("UPDATE hot SET value = 3 WHERE id BETWEEN 41 AND 60");
                open.commit();
                databases.onSource("UPDATE hot SET id = id - 5000 WHERE id BETWEEN 5001 AND 5040");
                awaitRides(pipeline, HOT, Track.BULK);
                pipeline.move(HOT, Track.EXPRESS);
                databases.onSource("UPDATE hot SET value = value + 1");
                awaitRides(pipeline, HOT, Track.EXPRESS);
                awaitEqual(pipeline);
            }
            databases.onDestination("DROP TABLE hot, cold, other", "DROP SCHEMA tidetable CASCADE");
            dropSlots();
        }
    }

    @Test
    void everyDestinationFollows() throws Exception {
        archive = Servers.freshPair();
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(open, "INSERT INTO hot VALUES (7001, 1)");
            pipeline.pause(ARCHIVE, HOT);
            pipeline.move(HOT, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            run(open, "INSERT INTO hot VALUES (7002, 1)");
            open.commit();
            databases.onSource("UPDATE hot SET value = 8 WHERE id > 7000");
            assertThat(
                            pipeline.awaitComplete(
                                    REPORTING, Set.of(HOT), pipeline.sourcePosition(), LIMIT))
                    .isTrue();
            // The other one has not applied what is left on the old track.
            assertThat(status(pipeline, HOT).move()).isNotNull();
            pipeline.resume(ARCHIVE, HOT);
            awaitRides(pipeline, HOT, Track.BULK);
            databases.onSource("UPDATE hot SET value = 9 WHERE id = 7001");
            awaitEqual(pipeline);
            assertThat(pipeline.awaitComplete(ARCHIVE, Set.of(), pipeline.sourcePosition(), LIMIT))
                    .isTrue();
            assertThat(pipeline.verify(ARCHIVE, Set.of(), false, each -> {}))
                    .allMatch(TableVerification::equal);
        }
    }

    @Test
    void aTableThatIsBeingCopiedMoves() throws Exception {
        createTables();
        Gate copying = new Gate(FaultPoint.CHUNK_WRITTEN, "");
        copying.close();
        faults = copying;
        try (Pipeline pipeline = pipeline();
                Connection open = session()) {
            pipeline.start();
            copying.awaitReached();
            run(open, "INSERT INTO hot VALUES (8002, 1)");
            pipeline.move(HOT, Track.BULK);
            awaitPublished(HOT, Track.BULK);
            databases.onSource("UPDATE hot SET value = 4 WHERE id < 10");
            run(open, "INSERT INTO hot VALUES (8003, 1)");
            open.commit();
            copying.open();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        } finally {
            copying.open();
        }
    }

    @Test
    void aTableThatIsComparedAndMendedMeanwhileMovesToo() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            databases.onDestination("DELETE FROM hot WHERE id % 3 = 0");
            run(open, "INSERT INTO hot VALUES (8101, 1)");
            pipeline.resync(REPORTING, HOT);
            pipeline.move(HOT, Track.BULK);
            pipeline.verify(REPORTING, Set.of(COLD), false, each -> {});
            awaitPublished(HOT, Track.BULK);
            run(open, "UPDATE hot SET value = 2 WHERE id IN (3, 8101)");
            open.commit();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aMoveIsCarriedThroughAfterARestartThatFoundItDecidedOnly() throws Exception {
        createTables();
        Gate decided = new Gate(FaultPoint.MOVE_DECIDED, "");
        decided.close();
        faults = decided;
        try (Connection open = session()) {
            try (Pipeline pipeline = started()) {
                run(open, "INSERT INTO hot VALUES (9001, 1)");
                pipeline.move(HOT, Track.BULK);
                decided.awaitReached();
            }
            faults = Faults.NONE;
            assertThat(publishedOn(Track.BULK)).doesNotContain("hot");
            run(open, "INSERT INTO hot VALUES (9002, 1)");
            try (Pipeline pipeline = pipeline()) {
                pipeline.start();
                awaitPublished(HOT, Track.BULK);
                run(open, "INSERT INTO hot VALUES (9003, 1)");
                open.commit();
                awaitRides(pipeline, HOT, Track.BULK);
                awaitEqual(pipeline);
            }
        }
    }

    @Test
    void aChangeOfThePublicationThatCommitsAfterTheRestartIsFoundDone() throws Exception {
        createTables();
        for (FaultPoint step : List.of(FaultPoint.MOVE_DECIDED, FaultPoint.MOVE_READ)) {
            Gate reached = new Gate(step, "");
            reached.close();
            faults = reached;
            try (Pipeline pipeline = started()) {
                if (step == FaultPoint.MOVE_DECIDED) {
                    pipeline.move(HOT, Track.BULK);
                }
                reached.awaitReached();
            }
            faults = Faults.NONE;
            if (step == FaultPoint.MOVE_DECIDED) {
                Gate next = new Gate(FaultPoint.MOVE_READ, "");
                next.close();
                faults = next;
            }
            // The killed process's session lives on at the source: its commit is not visible yet.
            try (Connection session = session()) {
                run(
                        session,
                        step == FaultPoint.MOVE_DECIDED
                                ? "ALTER PUBLICATION %s ADD TABLE hot"
                                        .formatted(publication(Track.BULK))
                                : "ALTER PUBLICATION %s DROP TABLE hot"
                                        .formatted(publication(Track.EXPRESS)));
                try (Pipeline pipeline = pipeline()) {
                    pipeline.start();
                    databases.onSource("UPDATE hot SET value = 21 WHERE id = 2");
                    awaitComplete(pipeline);
                    session.commit();
                    databases.onSource("UPDATE hot SET value = value + 1 WHERE id = 2");
                    if (step == FaultPoint.MOVE_READ) {
                        awaitRides(pipeline, HOT, Track.BULK);
                    }
                    awaitEqual(pipeline);
                }
            }
        }
    }

    @Test
    void whatCommitsAroundTheTurnIsReadFromOneTrackOnly() throws Exception {
        createTables();
        databases.onSource(
                "CREATE TABLE counted (n bigint)", "ALTER TABLE counted REPLICA IDENTITY FULL");
        TableId counted = new TableId("public", "counted");
        for (FaultPoint step :
                List.of(
                        FaultPoint.MOVE_ADDED,
                        FaultPoint.MOVE_SETTLED,
                        FaultPoint.MOVE_TURNED,
                        FaultPoint.MOVE_READ,
                        FaultPoint.MOVE_DROPPED)) {
            Gate reached = new Gate(step, "move-");
            reached.close();
            faults = reached;
            try (Pipeline pipeline = started()) {
                Track to =
                        status(pipeline, counted).track() == Track.BULK
                                ? Track.EXPRESS
                                : Track.BULK;
                databases.onSource("INSERT INTO counted VALUES (1)");
                pipeline.move(counted, to);
                databases.onSource("INSERT INTO counted VALUES (2)");
                reached.awaitReached();
                for (int number = 3; number < 20; number++) {
                    databases.onSource("INSERT INTO counted VALUES (" + number + ")");
                }
                awaitComplete(pipeline);
                reached.open();
                databases.onSource("INSERT INTO counted VALUES (20)");
                awaitRides(pipeline, counted, to);
                awaitEqual(pipeline);
            } finally {
                reached.open();
            }
        }
    }

    @Test
    void aRestartAfterTheCutReadsBothTracksUntilTheOldOneHasNothingLeft() throws Exception {
        createTables();
        try (Connection open = session()) {
            try (Pipeline pipeline = started()) {
                run(open, "INSERT INTO hot VALUES (9101, 1)");
                pipeline.move(HOT, Track.BULK);
                awaitPublished(HOT, Track.BULK);
                run(open, "INSERT INTO hot VALUES (9102, 1)");
                databases.onSource("INSERT INTO hot VALUES (9103, 1)");
            }
            run(open, "UPDATE hot SET value = 5 WHERE id = 9101");
            open.commit();
            databases.onSource("UPDATE hot SET value = value + 1 WHERE id > 9100");
        }
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitRides(pipeline, HOT, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    @Tag("wide")
    void aSlotThatIsLostInTheMiddleOfAMoveLeavesATableToBeCompared() throws Exception {
        createTables();
        for (FaultPoint step :
                List.of(FaultPoint.MOVE_ADDED, FaultPoint.MOVE_TURNED, FaultPoint.MOVE_DROPPED)) {
            for (Track lost : Track.values()) {
                Gate reached = new Gate(step, "move-");
                reached.close();
                faults = reached;
                Track to;
                try (Pipeline pipeline = started()) {
                    to = status(pipeline, HOT).track() == Track.BULK ? Track.EXPRESS : Track.BULK;
                    databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 5");
                    pipeline.move(HOT, to);
                    reached.awaitReached();
                    databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 9");
                }
                databases.onSource("UPDATE hot SET value = value * 2 WHERE id < 20");
                databases.onSource(
                        "SELECT pg_drop_replication_slot('tidetable_%s_%s')"
                                .formatted(databases.sourceName(), lost.label()));
                databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 30");
                faults = Faults.NONE;
                try (Pipeline pipeline = pipeline()) {
                    pipeline.start();
                    databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 40");
                    awaitRides(pipeline, HOT, to);
                    awaitEqual(pipeline);
                }
            }
        }
    }

    @Test
    void aDestinationThatLosesCommitsFromBeforeTheMoveIsCompared() throws Exception {
        createTables();
        try (Pipeline pipeline = started()) {
            databases.onSource("UPDATE hot SET value = 1 WHERE id = 1");
            awaitComplete(pipeline);
            String before =
                    destinationText("SELECT lsn FROM tidetable.progress WHERE lane = 'public.hot'");
            databases.onSource("UPDATE hot SET value = 2 WHERE id = 1");
            pipeline.move(HOT, Track.BULK);
            awaitRides(pipeline, HOT, Track.BULK);
            // As a standby that took over without the last commits would have it.
            databases.onDestination(
                    "UPDATE hot SET value = 1 WHERE id = 1",
                    "UPDATE tidetable.progress SET lsn = '%s' WHERE lane = 'public.hot'"
                            .formatted(before),
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'");
            databases.onSource("UPDATE hot SET value = value + 10 WHERE id = 2");
            Awaitility.await().atMost(LIMIT).until(() -> destinationValue("hot", 1) == 2);
            awaitEqual(pipeline);
        }
    }

    @Test
    void neitherTrackKeepsWhatEveryDestinationHas() throws Exception {
        createTables();
        try (Pipeline pipeline = started()) {
            for (Track to : List.of(Track.BULK, Track.EXPRESS)) {
                pipeline.move(HOT, to);
                for (int round = 0; round < 10; round++) {
                    databases.onSource(
                            "UPDATE hot SET note = repeat(md5(random()::text), 100)",
                            "UPDATE cold SET note = repeat(md5(random()::text), 10)");
                }
                awaitRides(pipeline, HOT, to);
            }
            databases.onSource("UPDATE hot SET value = 1", "UPDATE cold SET value = 1");
            awaitComplete(pipeline);
            Awaitility.await()
                    .atMost(LIMIT)
                    .untilAsserted(() ->
                            assertThat(pipeline.status().tracks())
                                    .allMatch(track -> track.journalBytes() < 1 << 20));
            awaitEqual(pipeline);
        }
    }

    @Test
    void aTrackThatNobodyRodeIsMadeForTheFirstTable() throws Exception {
        rules = List.of(rule("public.*", new Consistency.Table(), Track.BULK));
        createTables();
        try (Pipeline pipeline = started()) {
            assertThat(pipeline.status().tracks()).hasSize(1);
            databases.onSource("UPDATE cold SET value = 1");
            awaitComplete(pipeline);

            pipeline.move(HOT, Track.EXPRESS);

            databases.onSource("UPDATE hot SET value = 3 WHERE id < 5");
            awaitRides(pipeline, HOT, Track.EXPRESS);
            awaitEqual(pipeline);
        }
        databases.onSource("UPDATE hot SET value = 4 WHERE id < 5");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitEqual(pipeline);
            assertThat(status(pipeline, HOT).track()).isEqualTo(Track.EXPRESS);
        }
    }

    @Test
    void aPinnedTableStaysAndGoesWhereThePinSays() throws Exception {
        createTables();
        try (Pipeline pipeline = started()) {
            awaitEqual(pipeline);
        }
        rules =
                List.of(
                        new PipelineSettings.TableRule(
                                "public.*", true, new Consistency.Table(), 1, Track.BULK, true));
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitRides(pipeline, HOT, Track.BULK);
            assertThatThrownBy(() -> pipeline.move(HOT, Track.EXPRESS))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("pin public.hot to the bulk track");
            awaitEqual(pipeline);
        }
    }

    @Test
    void aTableThatMovesCannotBeSentElsewhereBeforeItHasArrived() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            run(open, "INSERT INTO hot VALUES (9201, 1)");
            pipeline.move(HOT, Track.BULK);
            assertThatThrownBy(() -> pipeline.move(HOT, Track.EXPRESS))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("just now");
            open.commit();
            awaitRides(pipeline, HOT, Track.BULK);
        }
    }

    @Test
    void aTableLeavesTheExpressTrackInTheMiddleOfATransaction() throws Exception {
        moves = PipelineSettings.Moves.DEFAULT;
        databases.onSource(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(databases.sourceName()));
        createTables();
        try (Pipeline pipeline = started()) {
            for (int round = 0; round < 3; round++) {
                int first = 10_000 * (round + 1);
                try (Connection open = session()) {
                    run(
                            open,
                            "INSERT INTO hot SELECT g, g FROM generate_series(%d, %d) g"
                                    .formatted(first, first + 4_999),
                            "UPDATE hot SET value = -1 WHERE id = 1",
                            "SAVEPOINT dropped",
                            "DELETE FROM hot WHERE id < 50",
                            "ROLLBACK TO dropped",
                            "UPDATE cold SET value = value + 1");
                    databases.onSource("UPDATE hot SET value = value + 3 WHERE id = 2");
                    pipeline.move(HOT, Track.BULK);
                    run(open, "DELETE FROM hot WHERE id %% 7 = 0 AND id >= %d".formatted(first));
                    // Nobody waits for the end of the transaction.
                    awaitRides(pipeline, HOT, Track.BULK);
                    assertThat(publishedOn(Track.EXPRESS)).doesNotContain("hot");
                    databases.onSource("UPDATE hot SET value = value * 2 WHERE id = 2");
                    run(
                            open,
                            "UPDATE hot SET value = value + 1 WHERE id >= %d".formatted(first),
                            "INSERT INTO hot SELECT g, g FROM generate_series(%d, %d) g"
                                    .formatted(first + 5_000, first + 7_000));
                    open.commit();
                }
                awaitEqual(pipeline);
                databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 30");
                pipeline.move(HOT, Track.EXPRESS);
                databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 20");
                awaitRides(pipeline, HOT, Track.EXPRESS);
                // Its way out stays.
                assertThat(publishedOn(Track.BULK)).contains("hot");
                awaitEqual(pipeline);
            }
        }
    }

    /** A writer from before bulk carried the table has rows that bulk lacks. */
    @Test
    void theWayOutOpensOnceEverybodyHasEndedWhoWroteBeforeThere() throws Exception {
        createTables();
        try (Pipeline pipeline = started()) {
            awaitEqual(pipeline);
        }
        moves = PipelineSettings.Moves.DEFAULT;
        try (Connection open = session()) {
            run(open, "INSERT INTO hot VALUES (9301, 1)");
            try (Pipeline pipeline = pipeline()) {
                pipeline.start();
                assertThat(publishedOn(Track.BULK)).contains("hot");
                pipeline.move(HOT, Track.BULK);
                databases.onSource("UPDATE hot SET value = 4 WHERE id = 1");
                awaitComplete(pipeline);
                assertThat(status(pipeline, HOT).track()).isEqualTo(Track.EXPRESS);
                run(open, "INSERT INTO hot VALUES (9302, 1)");
                open.commit();
                awaitRides(pipeline, HOT, Track.BULK);
                awaitEqual(pipeline);
            }
        }
        // Whoever wants no moves has no ways out.
        moves = BY_COMMAND;
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            pipeline.move(HOT, Track.EXPRESS);
            awaitRides(pipeline, HOT, Track.EXPRESS);
            assertThat(publishedOn(Track.BULK)).doesNotContain("hot");
            awaitEqual(pipeline);
        }
    }

    @Test
    void anOpenTransactionReachesTheExpressTrackInShortBursts() throws Exception {
        createTables();
        try (Pipeline pipeline = started();
                Connection open = session()) {
            // Less than the source's own bound of 64 MB, and more than the express track's.
            run(
                    open,
                    "INSERT INTO hot SELECT g, g, repeat('x', 300) FROM generate_series(5001, 30000) g");
            Awaitility.await().atMost(LIMIT).until(() -> streamed("express") > 0);
            open.commit();
            awaitEqual(pipeline);
            assertThat(streamed("bulk")).isZero();
        }
    }

    private long streamed(String track) throws SQLException {
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT stream_count FROM pg_stat_replication_slots WHERE slot_name = 'tidetable_%s_%s'"
                                        .formatted(databases.sourceName(), track))) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void aFloodSendsItsTableToTheBulkTrackAndCalmBringsItBack() throws Exception {
        rules = List.of(rule("public.*", new Consistency.Table(), Track.EXPRESS));
        moves =
                new PipelineSettings.Moves(
                        true,
                        new TrackPolicy.Limits(
                                2_000,
                                ByteSize.megabytes(20),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(4),
                                10));
        createTables();
        try (Pipeline pipeline = started()) {
            databases.onSource("INSERT INTO hot SELECT g, g FROM generate_series(5001, 35000) g");
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> moveText(pipeline, HOT).contains("flood the express track"));
            awaitRides(pipeline, HOT, Track.BULK);
            assertThat(status(pipeline, COLD).track()).isEqualTo(Track.EXPRESS);
            awaitRides(pipeline, HOT, Track.EXPRESS);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aTableGoesByItselfToTheTrackThatItsReplicationSchemaAsksForWhileItRuns() throws Exception {
        moves = calmAfter(Duration.ofMillis(500));
        createTables();
        try (Pipeline pipeline = started()) {
            databases.onSource("UPDATE cold SET value = 1");
            pipeline.follow(asking(COLD, Track.EXPRESS));
            pipeline.follow(asking(HOT, Track.BULK));
            databases.onSource("UPDATE hot SET value = 2");
            awaitRides(pipeline, COLD, Track.EXPRESS);
            awaitRides(pipeline, HOT, Track.BULK);
            databases.onSource("UPDATE cold SET value = 3", "UPDATE hot SET value = 3");
            awaitEqual(pipeline);
        }
    }

    @Test
    void anOverrideKeepsATableOnItsTrackWhateverRulesOrCommandsSayAndItsEndBringsItHome()
            throws Exception {
        moves = calmAfter(Duration.ofMillis(500));
        createTables();
        try (Pipeline pipeline = started()) {
            pipeline.follow(pinned(COLD, Track.EXPRESS));
            awaitRides(pipeline, COLD, Track.EXPRESS);
            assertThatThrownBy(() -> pipeline.move(COLD, Track.BULK))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("an override pin public.cold to the express track");
            letHotComeAndGo(pipeline);
            assertThat(status(pipeline, COLD).track()).isEqualTo(Track.EXPRESS);

            pipeline.follow(asking(COLD, Track.BULK));

            awaitRides(pipeline, COLD, Track.BULK);
            awaitEqual(pipeline);
        }
    }

    @Test
    void aTableThatACommandSentElsewhereStaysUntilSomethingNewIsAskedFor() throws Exception {
        moves = calmAfter(Duration.ofMillis(500));
        createTables();
        try (Pipeline pipeline = started()) {
            pipeline.move(COLD, Track.EXPRESS);
            awaitRides(pipeline, COLD, Track.EXPRESS);
            letHotComeAndGo(pipeline);
            assertThat(status(pipeline, COLD).track()).isEqualTo(Track.EXPRESS);

            // What was asked for before is nothing new, another priority is none either.
            pipeline.follow(asking(COLD, Track.BULK));
            pipeline.follow(asking(HOT, Track.BULK));
            awaitRides(pipeline, HOT, Track.BULK);
            assertThat(status(pipeline, COLD).track()).isEqualTo(Track.EXPRESS);
            awaitEqual(pipeline);
        }
    }

    private static PipelineSettings.Moves calmAfter(Duration calm) {
        return new PipelineSettings.Moves(
                true,
                new TrackPolicy.Limits(
                        20_000, ByteSize.megabytes(20), Duration.ofMillis(500), calm, 60));
    }

    /** Shows that the looks at tables go on, whether or not another one is moved by them. */
    private void letHotComeAndGo(Pipeline pipeline) {
        pipeline.follow(asking(HOT, Track.BULK));
        awaitRides(pipeline, HOT, Track.BULK);
        pipeline.follow(asking(HOT, Track.EXPRESS));
        awaitRides(pipeline, HOT, Track.EXPRESS);
    }

    private static SchemaOverride.InForce asking(TableId table, Track track) {
        return new SchemaOverride.InForce(schema(table, track), false, List.of());
    }

    private static SchemaOverride.InForce pinned(TableId table, Track track) {
        Instant now = Instant.now();
        Pins pins = new Pins(null, null, null, track, null, false);
        return new SchemaOverride.InForce(
                schema(table, track),
                false,
                List.of(
                        new SchemaOverride(
                                1, table, null, pins, "the sale", "ada", now, null, null)));
    }

    private static ReplicationSchema schema(TableId table, Track track) {
        return ReplicationSchema.usual(table, REPORTING, Instant.now()).withTrack(track);
    }

    @Test
    void aMixedLoadArrivesExactlyWhileItsTablesMoveToAndFro() throws Exception {
        moveToAndFro(() -> {});
    }

    @Test
    @Tag("wide")
    void aMixedLoadArrivesExactlyWhileItsTablesLeaveExpressAtOnceAndComeBack() throws Exception {
        moves = PipelineSettings.Moves.DEFAULT;
        databases.onSource(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(databases.sourceName()));
        moveToAndFro(this::endADecoder);
    }

    /** A decoder that starts anew may see a publication otherwise than one that went on. */
    @Test
    @Tag("wide")
    void aMixedLoadArrivesExactlyWhileItsTablesMoveAndDecodersStartAnew() throws Exception {
        databases.onSource(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(databases.sourceName()));
        moveToAndFro(this::endADecoder);
    }

    private void endADecoder() throws SQLException {
        databases.onSource(
                """
                SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
                WHERE database = current_database() AND active_pid IS NOT NULL
                ORDER BY random() LIMIT 1
                """);
    }

    private interface Disturbance {
        void happen() throws SQLException;
    }

    private void moveToAndFro(Disturbance disturbance) throws Exception {
        // A truncate would wait for the session that is held, and everybody for the truncate.
        MixedChanges changes = new MixedChanges(true, false, 500);
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        rules =
                List.of(
                        rule("public.*", new Consistency.Table(), Track.BULK),
                        rule("public.orders", new Consistency.Key(3), Track.EXPRESS),
                        rule("public.seats", new Consistency.Group("g"), Track.EXPRESS),
                        rule("public.articles", new Consistency.Group("g"), Track.BULK));
        try (WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, 77);
                Pipeline pipeline = started();
                Connection held = session()) {
            Track to = Track.BULK;
            for (int round = 0; round < 6; round++) {
                run(
                        held,
                        "SAVEPOINT kept",
                        "INSERT INTO audit_log SELECT gen_random_uuid(), now() FROM generate_series(1, 400)",
                        "SAVEPOINT dropped",
                        "DELETE FROM audit_log WHERE at < now()",
                        "ROLLBACK TO dropped",
                        "INSERT INTO clicks SELECT %d, 'held', 0.5, now() FROM generate_series(1, 400)"
                                .formatted(round));
                for (TableId table : changes.tables()) {
                    if (!table.name().equals("seats")) {
                        pipeline.move(table, to);
                    }
                }
                disturbance.happen();
                awaitCommitted(run, 100);
                run(
                        held,
                        "RELEASE kept",
                        "INSERT INTO audit_log SELECT gen_random_uuid(), now() FROM generate_series(1, 400)",
                        "INSERT INTO clicks SELECT %d, 'held', 1.5, now() FROM generate_series(1, 10)"
                                .formatted(round));
                disturbance.happen();
                awaitCommitted(run, 100);
                held.commit();
                for (TableId table : changes.tables()) {
                    awaitRides(pipeline, table, to);
                }
                to = to == Track.BULK ? Track.EXPRESS : Track.BULK;
            }
            assertThat(pipeline.verify(REPORTING, Set.of(), false, each -> {}))
                    .allMatch(TableVerification::equal);
            run.stop();
            awaitEqual(pipeline);
        }
    }

    private static void awaitCommitted(WorkloadRun run, long more) {
        long until = run.committed() + more;
        Awaitility.await().atMost(LIMIT).until(() -> run.committed() >= until);
    }
}
