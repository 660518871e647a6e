package io.tidetable.node.journal.local;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Learns from the log, as it is written or read again, where each table's committed changes are. It
 * keeps the changes of open transactions as ranges and lists them with their tables at the commit.
 * Used by one thread.
 */
final class Indexer implements RangeList.Visitor {
    private final SegmentFiles files;
    private final Map<Long, OpenTransaction> open = new HashMap<>();
    private final GrowingBytes ranges = new GrowingBytes(64);
    private List<TableIndex> touched = new ArrayList<>();
    private List<Block> blocks = new ArrayList<>();
    private @Nullable SegmentFile home;
    private @Nullable OpenTransaction spare;
    private @Nullable OpenTransaction last;
    private long lastCommitEnd;

    private @Nullable OpenTransaction committing;
    private int table;
    private long commitEnd;
    private long from;
    private long previousStop;
    private long partBytes;
    private int bytesHere;
    private @Nullable SegmentFile lastHeld;

    Indexer(SegmentFiles files) {
        this.files = files;
    }

    /** What follows stands in that file. */
    void begin(SegmentFile file) {
        home = file;
        blocks = new ArrayList<>();
        lastCommitEnd = 0;
    }

    /** Nothing more follows in the file. */
    void seal() {
        SegmentFile file = home();
        for (Block block : blocks) {
            file.holds().add(block.table(), block.lastCommitEnd(), block.heldBytes());
        }
        file.seal(new SegmentIndex(file.name().last(), blocks), lastCommitEnd);
    }

    /** The open transaction of that id, or null. */
    @Nullable OpenTransaction find(long xid) {
        OpenTransaction recent = last;
        return recent != null && recent.xid() == xid ? recent : open.get(xid);
    }

    /**
     * The open transaction of that id.
     *
     * @param address where it begins, if it is new
     */
    OpenTransaction open(long xid, long address) {
        OpenTransaction known = find(xid);
        if (known == null) {
            known = spare == null ? new OpenTransaction() : spare;
            spare = null;
            known.begin(xid, address);
            open.put(xid, known);
        }
        last = known;
        return known;
    }

    void change(
            OpenTransaction transaction,
            long subxid,
            TableIndex changed,
            long address,
            int length,
            long runStart) {
        transaction.pin(home());
        transaction.list(changed).add(subxid, address, length, runStart);
    }

    /** Drops a subtransaction's changes, or the whole when both ids are equal. */
    void abort(long xid, long subxid, long address) {
        OpenTransaction transaction = find(xid);
        if (transaction == null) {
            return;
        }
        if (xid == subxid) {
            end(transaction);
        } else {
            transaction.aborted().put(subxid, address);
        }
    }

    /** Drops all open transactions. */
    void voidAll() {
        for (OpenTransaction transaction : open.values()) {
            transaction.unpin();
        }
        open.clear();
        last = null;
    }

    boolean hasOpen() {
        return !open.isEmpty();
    }

    /**
     * Lists the transaction with the tables it changed.
     *
     * @param firstAddress changes under its id that lie before are void
     */
    void commit(long xid, long newCommitEnd, long micros, long firstAddress) {
        OpenTransaction transaction = find(xid);
        if (transaction == null) {
            return;
        }
        committing = transaction;
        commitEnd = newCommitEnd;
        from = firstAddress;
        for (RangeList list : transaction.touched()) {
            list(list, xid, micros);
        }
        lastCommitEnd = newCommitEnd;
        committing = null;
        end(transaction);
    }

    /** The tables with commits since the last call. */
    List<TableIndex> takeTouched() {
        List<TableIndex> taken = touched;
        if (!taken.isEmpty()) {
            touched = new ArrayList<>();
            for (TableIndex each : taken) {
                each.untouch();
            }
        }
        return taken;
    }

    @Override
    public void visit(long subxid, long start, long stop, long bytes) {
        OpenTransaction transaction = committing;
        if (transaction == null || start < from || transaction.isAborted(subxid, start)) {
            return;
        }
        RangeReader.write(ranges, previousStop, start, stop);
        previousStop = stop;
        partBytes += bytes;
        long segment = Address.segment(start);
        SegmentName here = home().name();
        if (segment >= here.first() && segment <= here.last()) {
            bytesHere += (int) bytes;
        } else {
            hold(segment, bytes);
        }
    }

    private void list(RangeList list, long xid, long micros) {
        TableIndex changed = list.table();
        table = changed.ordinal();
        ranges.clear();
        previousStop = Address.of(home().name().last(), 0);
        partBytes = 0;
        bytesHere = 0;
        list.forEach(this);
        if (ranges.length() == 0) {
            return;
        }
        block(changed).append(commitEnd, xid, micros, partBytes, ranges, bytesHere);
        changed.committed(commitEnd, partBytes);
        if (changed.touch()) {
            touched.add(changed);
        }
    }

    private void hold(long segment, long bytes) {
        SegmentFile held = lastHeld;
        if (held == null || held.name().first() > segment || held.name().last() < segment) {
            held = files.find(segment);
            lastHeld = held;
        }
        if (held == null) {
            throw new IllegalStateException("segment %d is not there".formatted(segment));
        }
        held.holds().add(table, commitEnd, bytes);
        held.referredFrom(home().name().last());
    }

    private Block block(TableIndex changed) {
        Block tail = changed.tail();
        long segment = home().name().last();
        if (tail == null || tail.segment() != segment) {
            tail = new Block(changed.ordinal(), segment, changed.bytes());
            blocks.add(tail);
            changed.tail(tail);
        }
        return tail;
    }

    private void end(OpenTransaction transaction) {
        open.remove(transaction.xid());
        if (last == transaction) {
            last = null;
        }
        transaction.unpin();
        transaction.clear();
        spare = transaction;
    }

    private SegmentFile home() {
        SegmentFile file = home;
        if (file == null) {
            throw new IllegalStateException("no file was begun");
        }
        return file;
    }
}
