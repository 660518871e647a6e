package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.pgoutput.DamagedMessageException;
import io.tidetable.node.pgoutput.PgOutputHandler;
import io.tidetable.node.pgoutput.RowChecker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns the messages of one connection into calls of the track's writer: transactions that arrive
 * whole, and those that arrive in blocks while they are open. Not thread-safe.
 */
final class TransactionReader implements PgOutputHandler {
    private final TrackWriter writer;
    private final XidWidener widener;
    private final Consumer<LogicalMessage> messages;
    private final RelationShapes shapes;
    private final RowChecker rows = new RowChecker();
    private final Map<Long, OpenTransaction> open = new LinkedHashMap<>();
    private final List<String> ownMessages = new ArrayList<>();

    private Lsn lastCommit;
    private Lsn lastChange;
    private long changesBefore;
    private long transaction;
    private @Nullable OpenTransaction block;
    private int lastSubxid;
    private long lastWideSubxid;
    private long changes;
    private long commits;
    private Instant lastCommittedAt = Instant.EPOCH;

    /**
     * A reader for one connection; the writer was told of it.
     *
     * @param start the position from which the source was asked to send
     * @param traffic counts what comes
     */
    TransactionReader(
            TrackWriter writer,
            XidWidener widener,
            Lsn start,
            TableTraffic traffic,
            Consumer<LogicalMessage> messages) {
        this.writer = writer;
        this.widener = widener;
        this.lastCommit = start;
        this.lastChange = start;
        this.messages = messages;
        this.shapes = new RelationShapes(writer, traffic);
    }

    /** A transaction that arrives in blocks. */
    private static final class OpenTransaction {
        final long xid;
        final List<OwnMessage> messages = new ArrayList<>();
        long bytes;

        OpenTransaction(long xid) {
            this.xid = xid;
        }
    }

    private record OwnMessage(long subxid, String content) {}

    @Override
    public void begin(Lsn commit, Instant committedAt, int xid) {
        outsideTransaction();
        if (!commit.isAtOrAfter(lastCommit)) {
            throw new DamagedMessageException(
                    "a transaction that committed at %s came again after %s"
                            .formatted(commit, lastCommit));
        }
        transaction = widener.widen(xid);
        ownMessages.clear();
        changesBefore = changes;
        writer.begin(transaction);
    }

    @Override
    public void commit(Lsn commit, Lsn commitEnd, Instant committedAt) {
        if (transaction == 0) {
            throw new DamagedMessageException("a commit without a begin");
        }
        nextCommit(commitEnd);
        if (changes > changesBefore) {
            lastChange = commitEnd;
        }
        writer.commit(commitEnd, committedAt);
        transaction = 0;
        committed(commitEnd, committedAt, ownMessages);
        ownMessages.clear();
    }

    private void nextCommit(Lsn commitEnd) {
        if (!commitEnd.isAfter(lastCommit)) {
            throw new DamagedMessageException(
                    "a commit that ends at %s came after %s".formatted(commitEnd, lastCommit));
        }
        lastCommit = commitEnd;
    }

    private void committed(Lsn commitEnd, Instant committedAt, List<String> contents) {
        commits++;
        lastCommittedAt = committedAt;
        for (String content : contents) {
            messages.accept(new LogicalMessage(commitEnd, committedAt, content));
        }
    }

    @Override
    public void relation(int xid, TableShape shape) {
        shapes.announce(streamed(), shape);
    }

    @Override
    public void insert(int xid, int relationOid, ByteBuffer payload) {
        RelationShapes.Announced shape = shapes.of(streamed(), relationOid);
        rows.insert(payload, shape.columns());
        change(xid, ChangeKind.INSERT, shape, payload);
    }

    @Override
    public void update(int xid, int relationOid, ByteBuffer payload) {
        RelationShapes.Announced shape = shapes.of(streamed(), relationOid);
        rows.update(payload, shape.columns());
        change(xid, ChangeKind.UPDATE, shape, payload);
    }

    @Override
    public void delete(int xid, int relationOid, ByteBuffer payload) {
        RelationShapes.Announced shape = shapes.of(streamed(), relationOid);
        rows.delete(payload, shape.columns());
        change(xid, ChangeKind.DELETE, shape, payload);
    }

    @Override
    public void truncate(int xid, int[] relationOids, ByteBuffer options) {
        for (int relationOid : relationOids) {
            RelationShapes.Announced shape = shapes.of(streamed(), relationOid);
            change(xid, ChangeKind.TRUNCATE, shape, options.duplicate());
        }
    }

    private void change(
            int xid, ChangeKind kind, RelationShapes.Announced shape, ByteBuffer payload) {
        changes++;
        shape.count().add(payload.remaining());
        if (block != null) {
            block.bytes += payload.remaining();
            writer.streamedChange(block.xid, subxid(xid), kind, shape.number(), payload);
        } else if (transaction != 0) {
            writer.change(kind, shape.number(), payload);
        } else {
            throw new DamagedMessageException("a change outside of any transaction");
        }
    }

    private long subxid(int xid) {
        if (xid != lastSubxid) {
            lastWideSubxid = widener.widen(xid);
            lastSubxid = xid;
        }
        return lastWideSubxid;
    }

    /** Only our own are kept, and of these only such as stand or fall with their transaction. */
    @Override
    public void message(
            int xid, boolean transactional, Lsn position, String prefix, ByteBuffer content) {
        if (!transactional || !prefix.equals(LogicalMessage.PREFIX)) {
            return;
        }
        String text = StandardCharsets.UTF_8.decode(content).toString();
        if (block != null) {
            block.messages.add(new OwnMessage(subxid(xid), text));
        } else if (transaction != 0) {
            ownMessages.add(text);
        } else {
            throw new DamagedMessageException("a transactional message outside of a transaction");
        }
    }

    @Override
    public void streamStart(int xid, boolean first) {
        outsideTransaction();
        long wide = widener.widen(xid);
        block = open.computeIfAbsent(wide, OpenTransaction::new);
    }

    @Override
    public void streamStop() {
        block = null;
    }

    @Override
    public void streamCommit(int xid, Lsn commit, Lsn commitEnd, Instant committedAt) {
        outsideTransaction();
        long wide = widener.widen(xid);
        OpenTransaction done = open.remove(wide);
        if (done == null) {
            throw new DamagedMessageException(
                    "transaction %d committed, but no block of it came".formatted(wide));
        }
        nextCommit(commitEnd);
        if (done.bytes > 0) {
            lastChange = commitEnd;
        }
        writer.streamCommit(wide, commitEnd, committedAt);
        shapes.committed(wide);
        committed(commitEnd, committedAt, done.messages.stream().map(OwnMessage::content).toList());
    }

    @Override
    public void streamAbort(int xid, int subxid) {
        outsideTransaction();
        long wide = widener.widen(xid);
        long wideSubxid = widener.widen(subxid);
        writer.streamAbort(wide, wideSubxid);
        OpenTransaction aborted = open.get(wide);
        if (aborted == null) {
            return;
        }
        if (wide == wideSubxid) {
            open.remove(wide);
            shapes.aborted(wide);
        } else {
            aborted.messages.removeIf(message -> message.subxid() == wideSubxid);
        }
    }

    private long streamed() {
        return block == null ? 0 : block.xid;
    }

    private void outsideTransaction() {
        if (transaction != 0) {
            throw new DamagedMessageException(
                    "transaction %d did not end before another one".formatted(transaction));
        }
    }

    /** Whether a transaction or a stream block has begun and not ended. */
    boolean midway() {
        return transaction != 0 || block != null;
    }

    /** End of the newest commit given to the writer. */
    Lsn lastCommit() {
        return lastCommit;
    }

    /** End of the newest commit with changes given to the writer. */
    Lsn lastChange() {
        return lastChange;
    }

    /** Row changes and truncates read. */
    long changes() {
        return changes;
    }

    /** Commits read. */
    long commits() {
        return commits;
    }

    /** When the source made the newest of them, by its clock. */
    Instant lastCommittedAt() {
        return lastCommittedAt;
    }

    /** Transactions that arrived in part. */
    Set<Long> openTransactions() {
        return Set.copyOf(open.keySet());
    }

    /** Bytes of rows that arrived of transactions still open. */
    long openBytes() {
        return open.values().stream().mapToLong(transaction -> transaction.bytes).sum();
    }
}
