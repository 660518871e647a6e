package io.tidetable.node.journal.local;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A transaction whose commit has not come yet: where its changes lie. */
final class OpenTransaction {
    private static final int TABLES_WORTH_KEEPING = 256;

    private final Map<TableIndex, RangeList> lists = new HashMap<>();
    private final List<RangeList> touched = new ArrayList<>();
    private final List<SegmentFile> pinned = new ArrayList<>();
    private final LongMap aborted = new LongMap();
    private @Nullable RangeList lastList;
    private long xid;
    private long first;

    void begin(long newXid, long address) {
        xid = newXid;
        first = address;
    }

    long xid() {
        return xid;
    }

    /** Address from which on changes under this id belong to it. */
    long first() {
        return first;
    }

    boolean isEmpty() {
        return touched.isEmpty();
    }

    /** Those with changes. */
    List<RangeList> touched() {
        return touched;
    }

    /** Subtransactions rolled back, each with the address up to which its changes are void. */
    LongMap aborted() {
        return aborted;
    }

    boolean isAborted(long subxid, long address) {
        return aborted.size() > 0 && address < aborted.get(subxid);
    }

    RangeList list(TableIndex table) {
        RangeList list = lastList;
        if (list == null || list.table() != table) {
            list = lists.computeIfAbsent(table, RangeList::new);
            lastList = list;
        }
        if (list.isEmpty()) {
            touched.add(list);
        }
        return list;
    }

    /** Keeps the file as long as it is open. */
    void pin(SegmentFile file) {
        if (pinned.isEmpty() || pinned.getLast() != file) {
            pinned.add(file);
            file.pin();
        }
    }

    void unpin() {
        for (SegmentFile file : pinned) {
            file.unpin();
        }
        pinned.clear();
    }

    boolean spansSegments() {
        return pinned.size() > 1;
    }

    /** Makes it as new, for another transaction. */
    void clear() {
        for (RangeList list : touched) {
            list.clear();
        }
        touched.clear();
        aborted.clear();
        if (lists.size() > TABLES_WORTH_KEEPING) {
            lists.clear();
            lastList = null;
        }
    }
}
