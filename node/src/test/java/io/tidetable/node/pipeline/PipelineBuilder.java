package io.tidetable.node.pipeline;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes pipelines over a pair of databases; without rules they take all tables, by table. */
final class PipelineBuilder {
    static final DestinationId REPORTING = new DestinationId("reporting");

    /** Ten heartbeats a second. */
    static final PipelineSettings.Tuning QUICK =
            new PipelineSettings.Tuning(
                    Duration.ofMillis(100),
                    PipelineSettings.Tuning.DEFAULT.batchBytes(),
                    PipelineSettings.Tuning.DEFAULT.chunkSize(),
                    PipelineSettings.Tuning.DEFAULT.snapshotLimit());

    /**
     * Small, so that segments end, transactions are staged and tables are chunked with few rows.
     */
    static final PipelineSettings.Tuning SMALL =
            new PipelineSettings.Tuning(
                    Duration.ofMillis(200),
                    new ByteSize(64 << 10),
                    new ByteSize(128 << 10),
                    Duration.ofMinutes(1));

    private final DatabasePair databases;
    private final Path directory;
    private final List<PipelineSettings.TableRule> rules = new ArrayList<>();
    private final List<FunctionDeclaration> functions = new ArrayList<>();
    private PipelineSettings.Journal journal = PipelineSettings.Journal.DEFAULT;
    private PipelineSettings.Tuning tuning = PipelineSettings.Tuning.DEFAULT;
    private Faults faults = Faults.NONE;
    private PipelineSettings.LostChanges lostChanges = PipelineSettings.LostChanges.MERGE;
    private final List<PipelineSettings.Destination> destinations = new ArrayList<>();
    private boolean pushDown;

    PipelineBuilder(DatabasePair databases, Path directory) {
        this.databases = databases;
        this.directory = directory;
        to(REPORTING, databases);
        rule("public.*", new Consistency.Table(), Track.BULK);
    }

    /** The last rule that matches a table decides. */
    PipelineBuilder rule(String pattern, Consistency consistency, Track track) {
        rules.add(new PipelineSettings.TableRule(pattern, true, consistency, 1, track));
        return this;
    }

    /** The same, with a strategy. */
    PipelineBuilder rule(String pattern, Consistency consistency, Track track, Strategy strategy) {
        rules.add(
                new PipelineSettings.TableRule(
                        pattern, true, consistency, 1, track, false, strategy));
        return this;
    }

    PipelineBuilder tuned(PipelineSettings.Tuning chosen) {
        tuning = chosen;
        return this;
    }

    /** Files of 256 kB, and so much in all on each track. */
    PipelineBuilder bounded(ByteSize track) {
        journal =
                new PipelineSettings.Journal(
                        track, track, ByteSize.megabytes(64), new ByteSize(256 << 10));
        return this;
    }

    PipelineBuilder with(Faults chosen) {
        faults = chosen;
        return this;
    }

    PipelineBuilder knowing(FunctionDeclaration function) {
        functions.add(function);
        return this;
    }

    /** One destination more. */
    PipelineBuilder to(DestinationId id, DatabasePair there) {
        return to(id, there.destinationJdbcUrl());
    }

    /** One destination more, at an address of its own. */
    PipelineBuilder to(DestinationId id, String url) {
        destinations.add(new PipelineSettings.Destination(id, new Database(url, Map.of()), 3));
        return this;
    }

    PipelineBuilder stoppingWhereChangesAreLost() {
        lostChanges = PipelineSettings.LostChanges.STOP;
        return this;
    }

    PipelineBuilder pushingDown(boolean chosen) {
        pushDown = chosen;
        return this;
    }

    Pipeline build() {
        return new Pipeline(settings(), faults);
    }

    /** One that begins anew by itself, by a clock of one's own. */
    Replication keptGoing(InstantSource clock) {
        return new Replication(settings(), faults, clock);
    }

    private PipelineSettings settings() {
        return new PipelineSettings(
                databases.sourceName(),
                new Database(databases.sourceJdbcUrl(), Map.of()),
                destinations,
                rules,
                directory,
                journal,
                tuning,
                PipelineSettings.Moves.DEFAULT,
                functions,
                pushDown,
                lostChanges);
    }
}
