package io.tidetable.node.strategy;

import io.tidetable.model.TableShape;
import io.tidetable.node.pgoutput.TupleReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** The tuples of one row change, taken apart: where each column of the old and the new row lies. */
final class Tuples {
    private final TupleReader reader = new TupleReader();
    private final TableShape shape;
    private final int width;
    private final char[][] kinds;
    private final int[][] offsets;
    private final int[][] lengths;
    private ByteBuffer payload = ByteBuffer.allocate(0);
    private char old;
    private int oldEnd;
    private boolean hasNew;

    /** The place of a column that has no value. */
    static final int NOWHERE = -1;

    private static final int OLD = 0;
    private static final int NEW = 1;

    Tuples(TableShape shape) {
        this.shape = shape;
        width = shape.columns().size();
        kinds = new char[2][width];
        offsets = new int[2][width];
        lengths = new int[2][width];
    }

    void read(ByteBuffer change) {
        payload = change;
        old = 0;
        hasNew = false;
        oldEnd = change.position();
        reader.reset(change);
        while (reader.nextTuple()) {
            int which = reader.tuple() == TupleReader.NEW ? NEW : OLD;
            if (which == OLD) {
                old = reader.tuple();
            } else {
                hasNew = true;
            }
            if (reader.columns() != width) {
                throw ScopedCursor.outdated(shape, "list");
            }
            int end = 0;
            for (int i = 0; reader.next(); i++) {
                kinds[which][i] = reader.kind();
                offsets[which][i] = reader.offset();
                lengths[which][i] = reader.length();
                end = reader.offset() + reader.length();
            }
            if (which == OLD) {
                oldEnd = width == 0 ? oldEnd + 3 : end;
            }
        }
    }

    boolean hasOld() {
        return old != 0;
    }

    /** Whether the old tuple has all columns, not only the identity's. */
    boolean hasWholeOld() {
        return old == TupleReader.OLD;
    }

    boolean hasNew() {
        return hasNew;
    }

    /** The kind of a column of the row after the change, or before it where it told so. */
    char kind(boolean before, int column) {
        return kinds[before ? OLD : NEW][column];
    }

    ByteBuffer value(boolean before, int column) {
        int which = before ? OLD : NEW;
        return payload.slice(offsets[which][column], lengths[which][column]);
    }

    byte[] bytes(boolean before, int column) {
        int which = before ? OLD : NEW;
        byte[] bytes = new byte[lengths[which][column]];
        payload.get(offsets[which][column], bytes);
        return bytes;
    }

    /** The old tuple alone: what a delete of the row carries. */
    ByteBuffer oldAlone() {
        return payload.slice(payload.position(), oldEnd - payload.position());
    }

    /** The new tuple alone: what an insert of the row carries. */
    ByteBuffer newAlone() {
        return payload.slice(oldEnd, payload.limit() - oldEnd);
    }

    /**
     * A delete of the row after the change, by its key.
     *
     * @param places where its columns are; a negative one is of a column that has no value
     */
    ByteBuffer deletion(int[] places) {
        int[] key = places.clone();
        for (int i = 0; i < key.length; i++) {
            if (key[i] >= 0 && !shape.columns().get(key[i]).inIdentity()) {
                key[i] = NOWHERE;
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        tuple(out, TupleReader.KEY, NEW, key);
        return ByteBuffer.wrap(out.toByteArray()).asReadOnlyBuffer();
    }

    /** The old tuple alone, with columns from these places. */
    ByteBuffer oldAlone(int[] places) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        tuple(out, old, OLD, places);
        return ByteBuffer.wrap(out.toByteArray()).asReadOnlyBuffer();
    }

    /** The change with columns from these places, before and after. */
    ByteBuffer placed(int[] places) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(payload.remaining());
        if (hasOld()) {
            tuple(out, old, OLD, places);
        }
        if (hasNew) {
            tuple(out, TupleReader.NEW, NEW, places);
        }
        return ByteBuffer.wrap(out.toByteArray()).asReadOnlyBuffer();
    }

    private void tuple(ByteArrayOutputStream out, char kind, int which, int[] places) {
        out.write(kind);
        out.write(places.length >>> 8);
        out.write(places.length);
        for (int i : places) {
            char column = i < 0 ? TupleReader.NULL : kinds[which][i];
            out.write(column);
            if (column == TupleReader.TEXT || column == TupleReader.BINARY) {
                int length = lengths[which][i];
                out.write(length >>> 24);
                out.write(length >>> 16);
                out.write(length >>> 8);
                out.write(length);
                byte[] bytes = new byte[length];
                payload.get(offsets[which][i], bytes);
                out.writeBytes(bytes);
            }
        }
    }
}
