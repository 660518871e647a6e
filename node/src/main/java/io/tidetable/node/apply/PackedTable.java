package io.tidetable.node.apply;

import io.tidetable.node.apply.FoldSegment.Effect;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.pgoutput.TupleReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The net effect of successive changes of one table's rows, as {@link FoldSegment} defines it, with
 * the rows' values laid out as COPY takes them, the key's first. Takes only the usual: whole rows
 * of one shape, found by a key that stays.
 */
final class PackedTable {
    /** Rows that there is room for at the beginning: a power of two. */
    private static final int FEW = 64;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final TablePlan plan;
    private final List<PlannedColumn> columns;
    private final int keys;
    private final PackedBytes bytes;
    private final char[] formats;
    private final Tuple before;
    private final Tuple after;

    private int rows;
    private long[] places = new long[FEW];
    private int[] lengths = new int[FEW];
    private int[] keyLengths = new int[FEW];
    private Effect[] fates = new Effect[FEW];

    /** Row numbers by their keys' hashes, -1 for none; empty while nothing but new rows came. */
    private int[] found = new int[0];

    private long changes;

    /** Where a tuple's columns lie in a change. */
    private static final class Tuple {
        private final char[] kinds;
        private final int[] offsets;
        private final int[] lengths;
        private boolean present;

        Tuple(int width) {
            kinds = new char[width];
            offsets = new int[width];
            lengths = new int[width];
        }
    }

    PackedTable(TablePlan plan, PackedBytes bytes) {
        this.plan = plan;
        this.bytes = bytes;
        this.keys = plan.key().size();
        this.columns =
                Stream.concat(
                                plan.key().stream(),
                                plan.written().stream().filter(column -> !plan.isKey(column)))
                        .toList();
        this.formats = new char[columns.size()];
        this.before = new Tuple(plan.width());
        this.after = new Tuple(plan.width());
    }

    TablePlan plan() {
        return plan;
    }

    /** The columns of a row, in the order in which its values stand. */
    List<PlannedColumn> columns() {
        return columns;
    }

    List<PlannedColumn> keyColumns() {
        return columns.subList(0, keys);
    }

    int rows() {
        return rows;
    }

    /** Changes taken. */
    long changes() {
        return changes;
    }

    /** The stream's columns whose values came in text form. */
    BitSet text() {
        BitSet text = new BitSet();
        for (int i = 0; i < formats.length; i++) {
            if (formats[i] == TupleReader.TEXT) {
                text.set(columns.get(i).index());
            }
        }
        return text;
    }

    /** Writes a row's values, as COPY takes them. */
    void write(int row, BinaryCopy copy) throws java.sql.SQLException {
        long place = places[row];
        copy.bytes(bytes.block(place), PackedBytes.offset(place), lengths[row]);
    }

    /** Writes the values of a row's key. */
    void writeKey(int row, BinaryCopy copy) throws java.sql.SQLException {
        long place = places[row];
        copy.bytes(bytes.block(place), PackedBytes.offset(place), keyLengths[row]);
    }

    /** Rows that go, also to make room for others with their keys. */
    int[] deletes() {
        return sorted(row -> fates[row] == Effect.DELETE || fates[row] == Effect.REPLACE);
    }

    int[] updates() {
        return sorted(row -> fates[row] == Effect.UPDATE);
    }

    /** Rows that come; in the order in which they came where nothing else was done. */
    int[] inserts() {
        return found.length == 0
                ? IntStream.range(0, rows).toArray()
                : sorted(row -> fates[row] == Effect.INSERT || fates[row] == Effect.REPLACE);
    }

    private int[] sorted(IntPredicate chosen) {
        return new PackedOrder(bytes, places, keyLengths)
                .of(IntStream.range(0, rows).filter(chosen).toArray());
    }

    /**
     * Takes a change in; false where it is not of the usual kind, and then nothing more may be
     * taken. What was taken before stays.
     */
    boolean take(ChangeKind kind, TupleReader reader, ByteBuffer payload) {
        if (kind == ChangeKind.TRUNCATE || !read(reader, payload)) {
            return false;
        }
        boolean taken =
                switch (kind) {
                    case INSERT -> after.present && put(kind, payload);
                    case UPDATE -> after.present && sameKey(payload) && put(kind, payload);
                    case DELETE -> before.present && delete(payload);
                    case TRUNCATE -> false;
                };
        changes += taken ? 1 : 0;
        return taken;
    }

    private boolean read(TupleReader reader, ByteBuffer payload) {
        before.present = false;
        after.present = false;
        reader.reset(payload);
        while (reader.nextTuple()) {
            Tuple tuple = reader.tuple() == TupleReader.NEW ? after : before;
            if (reader.columns() != plan.width()) {
                return false;
            }
            tuple.present = true;
            for (int i = 0; reader.next(); i++) {
                tuple.kinds[i] = reader.kind();
                tuple.offsets[i] = reader.offset();
                tuple.lengths[i] = reader.length();
            }
        }
        return true;
    }

    private boolean sameKey(ByteBuffer payload) {
        if (!before.present) {
            return true;
        }
        for (int i = 0; i < keys; i++) {
            int index = columns.get(i).index();
            int length = after.lengths[index];
            if (before.kinds[index] != after.kinds[index]
                    || before.lengths[index] != length
                    || !payload.slice(before.offsets[index], length)
                            .equals(payload.slice(after.offsets[index], length))) {
                return false;
            }
        }
        return true;
    }

    /** The row of an insert or update. */
    private boolean put(ChangeKind kind, ByteBuffer payload) {
        int size = size(after, columns.size());
        if (size < 0) {
            return false;
        }
        long place = bytes.room(size);
        int keyLength = lay(after, columns.size(), payload, place);
        if (keyLength < 0) {
            return false;
        }
        if (kind == ChangeKind.INSERT && found.length == 0) {
            add(place, size, keyLength, Effect.INSERT);
            bytes.take(size);
            return true;
        }
        if (!findable()) {
            return false;
        }
        int slot = slot(place, keyLength);
        int row = found[slot];
        if (row < 0) {
            found[slot] = rows;
            add(place, size, keyLength, kind == ChangeKind.INSERT ? Effect.INSERT : Effect.UPDATE);
            bytes.take(size);
            return true;
        }
        Effect fate = fates[row].then(kind);
        if (fate == null) {
            return false;
        }
        fates[row] = fate;
        replace(row, place, size);
        return true;
    }

    /** The newer values take the place of the former ones where they fit. */
    private void replace(int row, long place, int size) {
        if (size <= lengths[row]) {
            System.arraycopy(
                    bytes.block(place),
                    PackedBytes.offset(place),
                    bytes.block(places[row]),
                    PackedBytes.offset(places[row]),
                    size);
        } else {
            places[row] = place;
            bytes.take(size);
        }
        lengths[row] = size;
    }

    private boolean delete(ByteBuffer payload) {
        int size = size(before, keys);
        if (size < 0 || !findable()) {
            return false;
        }
        long place = bytes.room(size);
        int keyLength = lay(before, keys, payload, place);
        if (keyLength < 0) {
            return false;
        }
        int slot = slot(place, keyLength);
        int row = found[slot];
        if (row < 0) {
            found[slot] = rows;
            add(place, size, keyLength, Effect.DELETE);
            bytes.take(size);
            return true;
        }
        Effect fate = fates[row].then(ChangeKind.DELETE);
        if (fate == null) {
            return false;
        }
        fates[row] = fate;
        return true;
    }

    /** Bytes of the first columns as COPY takes them; -1 where one is not known. */
    private int size(Tuple tuple, int count) {
        int size = 0;
        for (int i = 0; i < count; i++) {
            int index = columns.get(i).index();
            if (tuple.kinds[index] == TupleReader.UNCHANGED) {
                return -1;
            }
            size += 4 + tuple.lengths[index];
        }
        return size;
    }

    /** Lays the first columns out; the size of the key, -1 where they are of another form. */
    private int lay(Tuple tuple, int count, ByteBuffer payload, long place) {
        byte[] into = bytes.block(place);
        int start = PackedBytes.offset(place);
        int at = start;
        int keyLength = 0;
        for (int i = 0; i < count; i++) {
            PlannedColumn column = columns.get(i);
            int index = column.index();
            char kind = tuple.kinds[index];
            if (kind == TupleReader.NULL) {
                if (i < keys) {
                    return -1;
                }
                INT.set(into, at, -1);
                at += 4;
            } else {
                if (formats[i] != kind) {
                    if (formats[i] != 0) {
                        return -1;
                    }
                    formats[i] = kind;
                }
                int length = tuple.lengths[index];
                INT.set(into, at, length);
                payload.get(tuple.offsets[index], into, at + 4, length);
                if (kind == TupleReader.BINARY && !column.translator().isIdentity()) {
                    column.translator().rewrite(into, at + 4, length);
                }
                at += 4 + length;
            }
            if (i + 1 == keys) {
                keyLength = at - start;
            }
        }
        return keyLength;
    }

    private void add(long place, int length, int keyLength, Effect fate) {
        if (rows == places.length) {
            int more = rows * 2;
            places = Arrays.copyOf(places, more);
            lengths = Arrays.copyOf(lengths, more);
            keyLengths = Arrays.copyOf(keyLengths, more);
            fates = Arrays.copyOf(fates, more);
        }
        places[rows] = place;
        lengths[rows] = length;
        keyLengths[rows] = keyLength;
        fates[rows] = fate;
        rows++;
    }

    /** Makes rows findable by key; false where two of them have the same. */
    private boolean findable() {
        if (found.length > rows * 2) {
            return true;
        }
        boolean first = found.length == 0;
        found = new int[Math.max(8 * FEW, Integer.highestOneBit(rows + 1) * 8)];
        Arrays.fill(found, -1);
        for (int row = 0; row < rows; row++) {
            int slot = slot(places[row], keyLengths[row]);
            if (first && found[slot] >= 0) {
                return false;
            }
            found[slot] = row;
        }
        return true;
    }

    /** Where the key's row is listed, or would be. */
    private int slot(long place, int keyLength) {
        int mask = found.length - 1;
        int slot = hash(bytes.block(place), PackedBytes.offset(place), keyLength) & mask;
        while (found[slot] >= 0) {
            int row = found[slot];
            if (bytes.same(places[row], keyLengths[row], place, keyLength)) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private static int hash(byte[] block, int from, int length) {
        long hash = length;
        int at = from;
        int left = length;
        for (; left >= 8; left -= 8, at += 8) {
            hash = mixed(hash ^ (long) LONG.get(block, at));
        }
        long rest = 0;
        for (; left > 0; left--, at++) {
            rest = (rest << 8) | (block[at] & 0xFF);
        }
        hash = mixed(hash ^ rest);
        return (int) (hash ^ (hash >>> 32));
    }

    private static long mixed(long bits) {
        long mixed = bits * 0x9E3779B97F4A7C15L;
        return mixed ^ (mixed >>> 29);
    }
}
