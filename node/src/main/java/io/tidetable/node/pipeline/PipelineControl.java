package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.model.status.StrategyStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.functional.FunctionDeclaration;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What may be asked of a running pipeline. Thread-safe. */
public interface PipelineControl {
    PipelineStatus status();

    /** Whether it has begun to replicate; before, it has nothing to tell but its status. */
    boolean hasStarted();

    /** The source's write position now: everything committed before the call lies below it. */
    Lsn sourcePosition();

    /**
     * Waits until the tables hold everything committed at the source up to the position.
     *
     * @param tables empty for all
     * @return false when the time ran out
     */
    boolean awaitComplete(
            DestinationId destination, Set<TableId> tables, Lsn position, Duration limit)
            throws InterruptedException;

    /**
     * Compares tables of the source and the destination, exactly, while both are written to: each
     * at one snapshot of the source and the very state of the destination that corresponds to it.
     *
     * @param tables empty for all
     * @param repair whether differences are mended
     * @param each hears of each table as it is done
     */
    List<TableVerification> verify(
            DestinationId destination,
            Set<TableId> tables,
            boolean repair,
            Consumer<TableVerification> each)
            throws InterruptedException;

    /** Stops applying to the table; its changes wait in the journal. */
    void pause(DestinationId destination, TableId table);

    /**
     * Goes on with a table that was paused, or failed; one that could not be created is created and
     * brought whole.
     *
     * @throws io.tidetable.model.TidetableException also where it still cannot be created
     */
    void resume(DestinationId destination, TableId table);

    /**
     * Gives a table another strategy, live. Returns once that is decided durably; the strategy is
     * in force when its merge is done, and whatever is killed meanwhile, it will be. Nothing
     * happens where it is in force or decided already.
     *
     * @throws io.tidetable.model.TidetableException TT-406 while the table is being copied or
     *     merged, TT-551 and TT-555 when the table cannot have the strategy
     */
    void switchStrategy(DestinationId destination, TableId table, Strategy strategy);

    /** What of a table is carried, and as of when its rows are. */
    StrategyStatus strategy(DestinationId destination, TableId table);

    /** Compares the table with the source and mends it, online; for strategy full, a refresh. */
    void resync(DestinationId destination, TableId table);

    /**
     * Moves the table, with the others of its group, to another track at every destination, while
     * it is written to. Returns when that is decided, whatever happens then; it is at home there
     * until another track is asked for by {@link #follow}.
     */
    void move(TableId table, Track track);

    /** Changes of a table that the destination refused, and those behind them; oldest first. */
    List<QuarantinedChange> quarantined(DestinationId destination, TableId table, int limit);

    /** Writes a row's quarantined changes, all of them in order or none. */
    RetriedChanges retryQuarantined(DestinationId destination, TableId table, String chain);

    /**
     * Gives a row's quarantined changes up; the table is merged from the source.
     *
     * @return how many
     */
    long discardQuarantined(DestinationId destination, TableId table, String chain);

    /** What the first copy of a table consists of, and how far it is. */
    CopyManifest manifest(DestinationId destination, TableId table);

    /** How far every first copy to the destination is that was planned. */
    List<CopyProgress> manifests(DestinationId destination);

    /**
     * From now on these functions are declared besides those of the settings and of the source's
     * comments. Tables that are carried for them follow when they are told of again.
     */
    void functions(List<FunctionDeclaration> besides);

    /**
     * Finds out what a function needs, which says whether that can be known.
     *
     * @throws io.tidetable.model.TidetableException TT-552 when its queries cannot be read, TT-556
     *     when its statements cannot be known
     */
    void checkFunction(FunctionDeclaration function);

    /**
     * Follows what counts for a table from now on, as far as that goes while it runs: its weight,
     * its strategy, its track, and whether it is held; a table that was paused by hand stays so.
     * Another number of key lanes is given to it; a lane that is shared with others is joined and
     * left at the next start. Another track is gone to as tables move by themselves; at once where
     * an override pins it. Does nothing where the table is not replicated.
     *
     * @throws io.tidetable.model.TidetableException when it cannot be followed now; it is to be
     *     told again
     */
    void follow(SchemaOverride.InForce now);
}
