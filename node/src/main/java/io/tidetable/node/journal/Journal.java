package io.tidetable.node.journal;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import java.util.Set;

/**
 * The durable change log between capture and apply, with one part per track. Local files here,
 * Kafka elsewhere; both pass the same contract test.
 *
 * <p>Space is freed by what destinations have applied and durably flushed: a record is kept until
 * every (destination, table) that subscribed to its track and that it concerns has released it.
 * What nobody subscribes to is not kept at all.
 */
public interface Journal extends AutoCloseable {
    TrackJournal track(Track track);

    /**
     * The destination wants what the track has of the table from now on: to be called before the
     * first of it can arrive. Until its first release, everything is kept for it. Does nothing
     * where it was called before.
     */
    void subscribe(DestinationId destination, TableId table, Track track);

    /** The destination wants the table's changes, over whatever track they come. */
    default void subscribe(DestinationId destination, TableId table) {
        for (Track track : Track.values()) {
            subscribe(destination, table, track);
        }
    }

    /** The destination no longer wants what the track has of the table. */
    void unsubscribe(DestinationId destination, TableId table, Track track);

    /** The destination has flushed everything of the table up to the position, of any track. */
    void release(DestinationId destination, TableId table, Lsn flushed);

    /**
     * All subscriptions of this process are registered: freeing may begin. Before this is called
     * nothing at all is freed, whoever subscribes.
     */
    void subscriptionsComplete();

    /**
     * Forgets all that a track holds: it is empty then as a new one. Only before its writer or a
     * feed of it was taken.
     */
    void discard(Track track);

    /** Is told whenever feeds can show more. Set once, before writing. */
    void onReadable(ReadableListener listener);

    /** Bytes on disk, all tracks. */
    long bytesOnDisk();

    /** Bytes on disk of one track. */
    long bytesOnDisk(Track track);

    /** Writes and syncs what is buffered, then closes the files. */
    @Override
    void close();

    /** Hears what feeds can show. */
    @FunctionalInterface
    interface ReadableListener {
        /**
         * Commits that touch the tables became readable, and the track's watermark moved. Called by
         * the writer's thread, which must not wait for anything.
         *
         * @param tables those with new commits; empty when only the watermark moved
         */
        void readable(Track track, Set<TableId> tables, Lsn watermark);
    }
}
