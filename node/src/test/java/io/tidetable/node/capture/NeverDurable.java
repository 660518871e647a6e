package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import java.util.Set;

/** A journal that never says that anything is durable, so that a backlog can be read again. */
record NeverDurable(TrackJournal journal, Lsn durableEnd) implements TrackJournal {
    @Override
    public TrackWriter writer() {
        return journal.writer();
    }

    @Override
    public void startAt(Lsn position) {
        journal.startAt(position);
    }

    @Override
    public Lsn startedAt() {
        return journal.startedAt();
    }

    @Override
    public TransactionFeed feed(Set<TableId> tables) {
        return journal.feed(tables);
    }

    @Override
    public void lacks(Set<TableId> tables, Lsn upTo) {
        journal.lacks(tables, upTo);
    }

    @Override
    public void lacksAll(Set<TableId> tables) {
        journal.lacksAll(tables);
    }

    @Override
    public boolean lacksAllOf(TableId table) {
        return journal.lacksAllOf(table);
    }

    @Override
    public Lsn lackingUpTo(TableId table) {
        return journal.lackingUpTo(table);
    }

    @Override
    public Lsn freedUpTo() {
        return journal.freedUpTo();
    }
}
