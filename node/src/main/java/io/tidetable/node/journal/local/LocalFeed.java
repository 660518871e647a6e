package io.tidetable.node.journal.local;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.node.journal.JournalGapException;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The commits of some tables in order. Several tables are merged in rounds: what is there when a
 * round begins is ordered by a queue, and the next round begins when that is used up.
 */
final class LocalFeed implements TransactionFeed {
    private final LocalTrackJournal journal;
    private final List<TableCursor> cursors;
    private final Set<TableIndex> tables;
    private final @Nullable PriorityQueue<TableCursor> round;
    private final List<TableCursor> current = new ArrayList<>(1);
    private @Nullable LocalPart part;
    private long roundEnd;

    LocalFeed(LocalTrackJournal journal, List<TableIndex> tables) {
        this.journal = journal;
        this.tables = Set.copyOf(tables);
        this.cursors = tables.stream().map(table -> new TableCursor(journal, table)).toList();
        this.round =
                tables.size() == 1
                        ? null
                        : new PriorityQueue<>((a, b) ->
                                Long.compareUnsigned(a.entry().commitEnd(), b.entry().commitEnd()));
    }

    @Override
    public @Nullable TransactionPart peek() {
        LocalPart known = part;
        if (known == null) {
            journal.requireOpen();
            known = round == null ? peekOne(cursors.getFirst()) : peekMerged(round);
            part = known;
        }
        return known;
    }

    @Override
    public void advance() {
        if (part == null) {
            throw new IllegalStateException("there is nothing to move past");
        }
        current.forEach(TableCursor::consume);
        if (round != null) {
            enqueue(round, current);
        }
        current.clear();
        part = null;
    }

    @Override
    public void seek(Position after) {
        if (journal.startedAt().isAfter(after.commitEnd())) {
            throw new JournalGapException(
                    "The %s track of the journal begins at %s, changes between %s and there were never in it. The tables concerned must be compared with their source and repaired before their lanes go on."
                            .formatted(
                                    journal.track().label(),
                                    journal.startedAt(),
                                    after.commitEnd()));
        }
        current.clear();
        part = null;
        if (round != null) {
            round.clear();
        }
        for (TableCursor cursor : cursors) {
            cursor.seek(after.commitEnd().value());
        }
    }

    @Override
    public Lsn watermark() {
        return journal.watermark();
    }

    @Override
    public long backlogBytes() {
        long bytes = 0;
        for (TableCursor cursor : cursors) {
            bytes += cursor.backlogBytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        current.clear();
        part = null;
    }

    private @Nullable LocalPart peekOne(TableCursor cursor) {
        if (!cursor.load(journal.readableEnd())) {
            return null;
        }
        current.add(cursor);
        return part(cursor.entry());
    }

    private @Nullable LocalPart peekMerged(PriorityQueue<TableCursor> queue) {
        if (queue.isEmpty()) {
            roundEnd = journal.readableEnd();
            enqueue(queue, cursors);
        }
        TableCursor first = queue.poll();
        if (first == null) {
            return null;
        }
        current.add(first);
        long commitEnd = first.entry().commitEnd();
        TableCursor same = queue.peek();
        while (same != null && same.entry().commitEnd() == commitEnd) {
            current.add(queue.remove());
            same = queue.peek();
        }
        return part(first.entry());
    }

    private void enqueue(PriorityQueue<TableCursor> queue, List<TableCursor> those) {
        try {
            for (TableCursor cursor : those) {
                if (cursor.load(roundEnd)) {
                    queue.add(cursor);
                }
            }
        } catch (JournalGapException e) {
            // An incomplete round would be out of order: the next one finds the gap again.
            queue.clear();
            current.clear();
            part = null;
            throw e;
        }
    }

    private LocalPart part(EntryReader first) {
        Position position = new Position(new Lsn(first.commitEnd()), first.xid());
        journal.requireIntact(position.commitEnd());
        Instant committedAt =
                Instant.ofEpochSecond(
                        Math.floorDiv(first.micros(), 1_000_000L),
                        Math.floorMod(first.micros(), 1_000_000L) * 1_000L);
        long bytes = 0;
        List<LocalPart.Source> sources = new ArrayList<>(current.size());
        for (TableCursor cursor : current) {
            bytes += cursor.entry().bytes();
            sources.add(new LocalPart.Source(cursor.table(), cursor.ranges(), cursor.segment()));
        }
        return new LocalPart(journal, tables, sources, position, committedAt, bytes);
    }
}
