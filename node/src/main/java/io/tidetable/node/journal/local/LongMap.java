package io.tidetable.node.journal.local;

import java.util.Arrays;

/** A map from positive longs to longs without objects. Not thread-safe. */
final class LongMap {
    /** What {@link #get} answers for a key that is not there. */
    static final long ABSENT = -1;

    private long[] keys = new long[0];
    private long[] values = new long[0];
    private int size;

    /** What is held for the key, or {@link #ABSENT}. */
    long get(long key) {
        if (size == 0) {
            return ABSENT;
        }
        int slot = slot(keys, key);
        return keys[slot] == key ? values[slot] : ABSENT;
    }

    /** Sets the key's value; neither may be negative, and no key 0. */
    void put(long key, long value) {
        if (key <= 0 || value < 0) {
            throw new IllegalArgumentException("cannot hold %d -> %d".formatted(key, value));
        }
        if (2 * (size + 1) > keys.length) {
            grow();
        }
        int slot = slot(keys, key);
        if (keys[slot] == 0) {
            keys[slot] = key;
            size++;
        }
        values[slot] = value;
    }

    int size() {
        return size;
    }

    void clear() {
        if (keys.length > 64) {
            keys = new long[0];
            values = new long[0];
        } else {
            Arrays.fill(keys, 0);
        }
        size = 0;
    }

    void forEach(Visitor visitor) {
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != 0) {
                visitor.visit(keys[i], values[i]);
            }
        }
    }

    private void grow() {
        long[] biggerKeys = new long[Math.max(16, keys.length * 2)];
        long[] biggerValues = new long[biggerKeys.length];
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != 0) {
                int slot = slot(biggerKeys, keys[i]);
                biggerKeys[slot] = keys[i];
                biggerValues[slot] = values[i];
            }
        }
        keys = biggerKeys;
        values = biggerValues;
    }

    private static int slot(long[] keys, long key) {
        int mask = keys.length - 1;
        int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & mask;
        while (keys[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    @FunctionalInterface
    interface Visitor {
        void visit(long key, long value);
    }
}
