package io.tidetable.node.journal;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import java.util.Set;

/** One track's part of the journal. Thread-safe, but for its writer. */
public interface TrackJournal {
    TrackWriter writer();

    /**
     * Where capture resumes and what the slot may be told: every commit of the track up to here is
     * synced. {@link Lsn#ZERO} for a journal that has never held anything.
     */
    Lsn durableEnd();

    /**
     * Makes an empty track begin at the position its slot begins at. May be called again while
     * nothing was received.
     *
     * @throws IllegalStateException when the track already holds something
     */
    void startAt(Lsn position);

    /** What {@link #startAt} was last given; {@link Lsn#ZERO} if it never was. */
    Lsn startedAt();

    /** A feed of the tables' changes, positioned before everything the journal still holds. */
    TransactionFeed feed(Set<TableId> tables);

    /**
     * What committed of the tables up to the position came over another track, or was not kept
     * here: whoever stands below it has a gap. Also ends what {@link #lacksAll} began; whoever
     * subscribed before somebody could commit beyond the position has everything beyond. On disk
     * when this returns.
     */
    void lacks(Set<TableId> tables, Lsn upTo);

    /**
     * Nothing need be written of those of the tables that nobody subscribes to now: whoever reads
     * them here has a gap, wherever he stands, until {@link #lacks} says otherwise. On disk when
     * this returns.
     */
    void lacksAll(Set<TableId> tables);

    /** Whether {@link #lacksAll} holds for the table. */
    boolean lacksAllOf(TableId table);

    /** Some commits of the table up to here may be missing: freed, or never kept. */
    Lsn lackingUpTo(TableId table);

    /**
     * Every commit of the track at or below this may have been freed already; a lane whose progress
     * is lower, and whose tables were in the freed part, has a gap. See {@link
     * TransactionFeed#seek}.
     */
    Lsn freedUpTo();
}
