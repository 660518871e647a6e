package io.tidetable.node.postgres;

import io.tidetable.model.Lsn;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a copy could see: {@code pg_current_snapshot()} of a source session, with the source's WAL
 * insert position read after it was taken. A streamed transaction is applied to rows of the copy
 * only if it was not visible here; beyond {@link #horizon} none was.
 *
 * @param xmin every lower 64-bit transaction id had ended
 * @param xmax every transaction id from here on had not begun
 * @param running ids between the two that were in progress, ascending
 * @param horizon no transaction whose commit ends above this was visible
 */
public record SourceSnapshot(long xmin, long xmax, List<Long> running, Lsn horizon) {
    private static final long LOW_BITS = 0xFFFF_FFFFL;

    /** Lower ones stand for rows that everybody sees. */
    private static final long FIRST_NORMAL_XID = 3;

    public SourceSnapshot {
        running = running.stream().sorted().toList();
    }

    /**
     * Reads PostgreSQL's {@code xmin:xmax:xip,xip}.
     *
     * @throws IllegalArgumentException when the text is not a snapshot
     */
    public static SourceSnapshot parse(String text, Lsn horizon) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("not a snapshot: '" + text + "'");
        }
        List<Long> running =
                parts[2].isEmpty()
                        ? List.of()
                        : Arrays.stream(parts[2].split(",", -1)).map(Long::valueOf).toList();
        return new SourceSnapshot(
                Long.parseLong(parts[0]), Long.parseLong(parts[1]), running, horizon);
    }

    /** Whether a committed transaction, by its top-level 64-bit id, is part of what was seen. */
    public boolean sees(long xid) {
        if (xid < xmin) {
            return true;
        }
        return xid < xmax && Collections.binarySearch(running, xid) < 0;
    }

    /**
     * The same for a transaction known by the low 32 bits of its id, as a row's xmin tells them.
     * One that is more than 2^31 transactions old may be taken for one that is not seen.
     */
    public boolean seesXmin(long low) {
        if (low < FIRST_NORMAL_XID) {
            return true;
        }
        long xid = (xmax & ~LOW_BITS) | low;
        if (xid - xmax > LOW_BITS / 2) {
            xid -= LOW_BITS + 1;
        } else if (xmax - xid > LOW_BITS / 2) {
            xid += LOW_BITS + 1;
        }
        return sees(xid);
    }

    /** PostgreSQL's notation, without the horizon. */
    @Override
    public String toString() {
        return xmin
                + ":"
                + xmax
                + ":"
                + running.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
