package io.tidetable.control.api;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.model.status.TableVerification;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A running pipeline as people and programs see it, in this process or behind HTTP. Thread-safe.
 */
public interface PipelineView {
    PipelineStatus status();

    /** Whether it has begun to replicate; before, it has nothing to tell but its status. */
    default boolean hasStarted() {
        return true;
    }

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
     * Compares tables of the source and the destination while both are written to.
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

    /** Goes on with a table that was paused, or failed. */
    void resume(DestinationId destination, TableId table);

    /** Compares the table with the source and mends it, online. */
    void resync(DestinationId destination, TableId table);

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
     * Moves the table, with the others of its group, to another track at every destination, while
     * it is written to. Returns when that is decided.
     */
    void move(TableId table, Track track);
}
