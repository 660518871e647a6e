package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A track's journal in memory that keeps the contract of {@link TrackWriter} and refuses whatever
 * breaks it. What is written becomes durable at a flush.
 */
final class RecordingJournal implements TrackJournal, TrackWriter {
    /** A change as a person would write it: {@code INSERT orders 1,Ada,null}. */
    record Change(long subxid, String text) {}

    /** A committed transaction. */
    record Committed(long xid, Lsn commitEnd, Instant committedAt, List<String> changes) {}

    private final Map<Long, List<Change>> open = new HashMap<>();
    private final List<Committed> committed = new ArrayList<>();
    private final List<TableShape> shapes = new ArrayList<>();
    private final List<String> broken = new ArrayList<>();
    private List<Change> current = new ArrayList<>();
    private long currentXid;
    private Lsn written = Lsn.ZERO;
    private Lsn lastCommit = Lsn.ZERO;
    private volatile Lsn durable = Lsn.ZERO;
    private volatile Lsn started = Lsn.ZERO;
    private volatile Room room = Room.FREE;
    private volatile boolean tooLargeWhenOpen;
    private volatile boolean keepRows = true;
    private long streamedAborts;
    private long streamedCommits;
    private long changes;
    private int connections;

    synchronized List<Committed> committed() {
        assertUnbroken();
        return List.copyOf(committed);
    }

    synchronized void assertUnbroken() {
        if (!broken.isEmpty()) {
            throw new AssertionError("the writer's contract was broken: " + broken);
        }
    }

    /** All changes of all committed transactions. */
    synchronized List<String> changes() {
        assertUnbroken();
        return committed.stream().flatMap(c -> c.changes().stream()).toList();
    }

    synchronized long streamedAborts() {
        return streamedAborts;
    }

    synchronized long streamedCommits() {
        return streamedCommits;
    }

    synchronized long openChanges() {
        return open.values().stream().mapToLong(List::size).sum();
    }

    synchronized long changeCount() {
        return changes;
    }

    synchronized int connections() {
        return connections;
    }

    void room(Room now) {
        room = now;
    }

    /** From now on there is no room for open transactions. */
    void tooLargeWhenOpen() {
        tooLargeWhenOpen = true;
    }

    /** Only counts from now on. */
    void countOnly() {
        keepRows = false;
    }

    private void expect(boolean holds, String otherwise) {
        if (!holds) {
            broken.add(otherwise);
        }
    }

    @Override
    public TrackWriter writer() {
        return this;
    }

    @Override
    public Lsn durableEnd() {
        return durable;
    }

    @Override
    public void startAt(Lsn position) {
        started = position;
        durable = position;
        lastCommit = position;
        written = position;
    }

    @Override
    public Lsn startedAt() {
        return started;
    }

    @Override
    public TransactionFeed feed(Set<TableId> tables) {
        throw new UnsupportedOperationException("nobody reads here");
    }

    @Override
    public void lacks(Set<TableId> tables, Lsn upTo) {
        throw new UnsupportedOperationException("nobody reads here");
    }

    @Override
    public void lacksAll(Set<TableId> tables) {
        throw new UnsupportedOperationException("nobody reads here");
    }

    @Override
    public boolean lacksAllOf(TableId table) {
        return false;
    }

    @Override
    public Lsn lackingUpTo(TableId table) {
        return started;
    }

    @Override
    public Lsn freedUpTo() {
        return Lsn.ZERO;
    }

    @Override
    public synchronized void connected() {
        connections++;
        open.clear();
        current = new ArrayList<>();
        currentXid = 0;
        shapes.clear();
    }

    @Override
    public synchronized int shape(TableShape shape) {
        expect(!shapes.contains(shape), "announced twice: " + shape);
        shapes.add(shape);
        return shapes.size() - 1;
    }

    @Override
    public synchronized void begin(long xid) {
        expect(currentXid == 0, "begin within a transaction");
        currentXid = xid;
        current = new ArrayList<>();
    }

    @Override
    public synchronized void change(ChangeKind kind, int shape, ByteBuffer payload) {
        expect(currentXid != 0, "change outside of a transaction");
        changes++;
        if (keepRows) {
            current.add(new Change(currentXid, text(kind, shapes.get(shape), payload)));
        }
    }

    @Override
    public synchronized void commit(Lsn commitEnd, Instant committedAt) {
        expect(currentXid != 0, "commit outside of a transaction");
        keep(currentXid, commitEnd, committedAt, current);
        currentXid = 0;
    }

    private void keep(long xid, Lsn commitEnd, Instant committedAt, List<Change> kept) {
        expect(commitEnd.isAfter(lastCommit), commitEnd + " came after " + lastCommit);
        expect(commitEnd.isAfter(durable), commitEnd + " was durable already: " + durable);
        lastCommit = commitEnd;
        written = Lsn.max(written, commitEnd);
        if (!kept.isEmpty()) {
            committed.add(
                    new Committed(
                            xid, commitEnd, committedAt, kept.stream().map(Change::text).toList()));
        }
    }

    @Override
    public synchronized void streamedChange(
            long xid, long subxid, ChangeKind kind, int shape, ByteBuffer payload) {
        expect(currentXid == 0, "streamed change within a transaction");
        changes++;
        if (keepRows) {
            open.computeIfAbsent(xid, _ -> new ArrayList<>())
                    .add(new Change(subxid, text(kind, shapes.get(shape), payload)));
        }
    }

    @Override
    public synchronized void streamAbort(long xid, long subxid) {
        expect(currentXid == 0, "abort within a transaction");
        streamedAborts++;
        if (xid == subxid) {
            open.remove(xid);
        } else {
            open.getOrDefault(xid, new ArrayList<>()).removeIf(c -> c.subxid() == subxid);
        }
    }

    @Override
    public synchronized void streamCommit(long xid, Lsn commitEnd, Instant committedAt) {
        expect(currentXid == 0, "stream commit within a transaction");
        streamedCommits++;
        List<Change> done = open.remove(xid);
        keep(xid, commitEnd, committedAt, done == null ? List.of() : done);
    }

    @Override
    public synchronized void passed(Lsn position) {
        expect(currentXid == 0, "passed within a transaction");
        written = Lsn.max(written, position);
    }

    @Override
    public synchronized void flush() {
        durable = Lsn.max(durable, written);
    }

    @Override
    public synchronized Room room() {
        return tooLargeWhenOpen && !open.isEmpty() ? Room.OPEN_TRANSACTIONS_TOO_LARGE : room;
    }

    private static String text(ChangeKind kind, TableShape shape, ByteBuffer payload) {
        StringBuilder text = new StringBuilder();
        text.append(kind).append(' ').append(shape.table().name());
        if (kind == ChangeKind.TRUNCATE) {
            return text.append(' ').append(payload.get(payload.position())).toString();
        }
        TupleReader tuples = new TupleReader();
        tuples.reset(payload);
        while (tuples.nextTuple()) {
            text.append(tuples.tuple() == TupleReader.NEW ? " " : " old ");
            for (int i = 0; tuples.next(); i++) {
                text.append(i == 0 ? "" : ",")
                        .append(value(tuples, payload, shape.columns().get(i).typeOid()));
            }
        }
        return text.toString();
    }

    private static @Nullable Object value(TupleReader tuples, ByteBuffer payload, int type) {
        if (tuples.kind() == TupleReader.NULL) {
            return null;
        }
        if (tuples.kind() == TupleReader.UNCHANGED) {
            return "unchanged";
        }
        if (tuples.kind() == TupleReader.BINARY && type == 23) {
            return payload.getInt(tuples.offset());
        }
        if (tuples.kind() == TupleReader.BINARY && type == 20) {
            return payload.getLong(tuples.offset());
        }
        return StandardCharsets.UTF_8
                .decode(payload.slice(tuples.offset(), tuples.length()))
                .toString();
    }
}
