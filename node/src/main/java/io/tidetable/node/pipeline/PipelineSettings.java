package io.tidetable.node.pipeline;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.tracks.TrackPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a pipeline is asked to do.
 *
 * @param name part of slot and publication names; lower case letters, digits and underscores
 * @param tables in order; the last rule whose pattern matches a table decides about it
 * @param directory where the journal and the lock live
 * @param functions downstream, and what is known of their needs
 * @param pushDown whether publications carry no more of tables than functions need, where all
 *     destinations agree; PostgreSQL then refuses to drop or alter the columns concerned
 * @param lostChanges what happens where changes are lost for good
 */
public record PipelineSettings(
        String name,
        Database source,
        List<Destination> destinations,
        List<TableRule> tables,
        Path directory,
        Journal journal,
        Tuning tuning,
        Moves moves,
        List<FunctionDeclaration> functions,
        boolean pushDown,
        LostChanges lostChanges) {
    public PipelineSettings {
        if (!name.matches("[a-z][a-z0-9_]{0,39}")) {
            throw new IllegalArgumentException(
                    "a pipeline's name takes up to 40 lower case letters, digits and underscores, got '"
                            + name
                            + "'");
        }
        destinations = List.copyOf(destinations);
        tables = List.copyOf(tables);
        functions = List.copyOf(functions);
    }

    /**
     * Settings whose tables move between tracks as usual, and are merged where changes are lost.
     */
    public PipelineSettings(
            String name,
            Database source,
            List<Destination> destinations,
            List<TableRule> tables,
            Path directory,
            Journal journal,
            Tuning tuning) {
        this(name, source, destinations, tables, directory, journal, tuning, Moves.DEFAULT);
    }

    /** Settings without functions but those in the source's comments. */
    public PipelineSettings(
            String name,
            Database source,
            List<Destination> destinations,
            List<TableRule> tables,
            Path directory,
            Journal journal,
            Tuning tuning,
            Moves moves) {
        this(
                name,
                source,
                destinations,
                tables,
                directory,
                journal,
                tuning,
                moves,
                List.of(),
                false,
                LostChanges.MERGE);
    }

    /** What happens once changes are lost for good, because a slot or the journal is gone, say. */
    public enum LostChanges {
        /** The tables concerned are compared with the source and mended, by itself. */
        MERGE,
        /** Everything stops until somebody has decided. */
        STOP
    }

    /**
     * Moves of tables between tracks.
     *
     * @param automatic whether tables move by themselves, or by command only
     */
    public record Moves(boolean automatic, TrackPolicy.Limits limits) {
        public static final Moves DEFAULT = new Moves(true, TrackPolicy.Limits.DEFAULT);
    }

    /**
     * A destination.
     *
     * @param appliers connections that apply and copy at the same time, at least 2
     */
    public record Destination(DestinationId id, Database database, int appliers) {
        public Destination {
            if (appliers < 2 || appliers > 64) {
                throw new IllegalArgumentException(
                        "a destination takes 2 to 64 appliers, got " + appliers);
            }
        }
    }

    /**
     * A rule about the tables whose name matches.
     *
     * @param pattern {@code namespace.table}, either part with {@code *} and {@code ?}
     * @param include false to leave the tables out
     * @param priority weight in the queue, 1 to 1000; more is served sooner
     * @param track where its changes ride: express for tables that must never wait behind a flood
     * @param pinned whether they ride there whatever happens; otherwise that is where they begin
     * @param strategy what is carried of it
     */
    public record TableRule(
            String pattern,
            boolean include,
            Consistency consistency,
            int priority,
            Track track,
            boolean pinned,
            Strategy strategy) {
        /** A rule for tables of which every change is carried. */
        public TableRule(
                String pattern,
                boolean include,
                Consistency consistency,
                int priority,
                Track track,
                boolean pinned) {
            this(
                    pattern,
                    include,
                    consistency,
                    priority,
                    track,
                    pinned,
                    new Strategy.PrioritizedDelta());
        }

        /** A rule whose tables may move. */
        public TableRule(
                String pattern,
                boolean include,
                Consistency consistency,
                int priority,
                Track track) {
            this(pattern, include, consistency, priority, track, false);
        }

        public TableRule {
            if (priority < 1 || priority > 1000) {
                throw new IllegalArgumentException(
                        "priority takes 1 to 1000, got " + priority + " for " + pattern);
            }
        }
    }

    /**
     * Bounds of the journal.
     *
     * @param bulk bytes the bulk track may keep
     * @param express bytes the express track may keep, which bulk cannot take
     * @param diskReserve bytes of the disk that stay free
     * @param segment bytes of one file of it
     */
    public record Journal(ByteSize bulk, ByteSize express, ByteSize diskReserve, ByteSize segment) {
        public static final Journal DEFAULT =
                new Journal(ByteSize.parse("20GB"), ByteSize.parse("5GB"), ByteSize.parse("1GB"));

        /** Bounds with files of the usual size. */
        public Journal(ByteSize bulk, ByteSize express, ByteSize diskReserve) {
            this(bulk, express, diskReserve, ByteSize.megabytes(64));
        }
    }

    /**
     * Knobs that rarely matter.
     *
     * @param heartbeat interval of heartbeats at the source
     * @param batchBytes most bytes of changes applied in one destination transaction
     * @param chunkSize bytes of a table copied at a time
     * @param snapshotLimit how long a copy holds one snapshot of the source at the most
     */
    public record Tuning(
            Duration heartbeat, ByteSize batchBytes, ByteSize chunkSize, Duration snapshotLimit) {
        public static final Tuning DEFAULT =
                new Tuning(
                        Duration.ofSeconds(1),
                        ByteSize.megabytes(16),
                        ByteSize.megabytes(64),
                        Duration.ofMinutes(30));
    }
}
