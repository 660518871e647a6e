package io.tidetable.model;

/**
 * A point in the source's log: the end of one transaction's commit record, with that transaction's
 * 64-bit id. Everything committed at or below it is included.
 *
 * <p>The commit's end LSN orders transactions the same way on every track, so positions of the two
 * tracks of one source compare. Positions of different sources or timelines do not; see {@link
 * SourceIdentity}.
 */
public record Position(Lsn commitEnd, long xid) implements Comparable<Position> {
    /** The position before everything. */
    public static final Position START = new Position(Lsn.ZERO, 0);

    public boolean isAfter(Position other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Position other) {
        return commitEnd.compareTo(other.commitEnd);
    }

    @Override
    public String toString() {
        return commitEnd + " (transaction " + xid + ")";
    }
}
