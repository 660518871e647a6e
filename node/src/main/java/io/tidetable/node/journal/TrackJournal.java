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
     * Every commit of the track at or below this may have been freed already; a lane whose progress
     * is lower, and whose tables were in the freed part, has a gap. See {@link
     * TransactionFeed#seek}.
     */
    Lsn freedUpTo();
}
