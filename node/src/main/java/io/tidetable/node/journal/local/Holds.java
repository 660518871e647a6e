package io.tidetable.node.journal.local;

import java.util.Arrays;

/**
 * Why a segment is kept: for each table, the highest commit that needs something in it, and how
 * many bytes of changes it has there. Thread-safe.
 */
final class Holds {
    private static final int FREE = -1;

    private int[] tables = {};
    private long[] highest = {};
    private int[] bytes = {};
    private int size;

    /** Notes that a commit needs the segment for the table. */
    synchronized void add(int table, long commitEnd, long moreBytes) {
        if (3 * (size + 1) > 2 * tables.length) {
            grow();
        }
        int slot = slot(tables, table);
        if (tables[slot] == FREE) {
            tables[slot] = table;
            size++;
        }
        if (Long.compareUnsigned(commitEnd, highest[slot]) > 0) {
            highest[slot] = commitEnd;
        }
        bytes[slot] = (int) Math.min(Integer.MAX_VALUE, bytes[slot] + moreBytes);
    }

    void addAll(Holds others) {
        others.forEach(this::add);
    }

    /** The highest commit of the table that needs the segment, 0 for none. */
    synchronized long highest(int table) {
        if (size == 0) {
            return 0;
        }
        int slot = slot(tables, table);
        return tables[slot] == table ? highest[slot] : 0;
    }

    /** A table for which the test holds, or -1. */
    synchronized int findAny(Test test) {
        for (int i = 0; i < tables.length; i++) {
            if (tables[i] != FREE && test.test(tables[i], highest[i], bytes[i])) {
                return tables[i];
            }
        }
        return FREE;
    }

    synchronized void forEach(Visitor visitor) {
        for (int i = 0; i < tables.length; i++) {
            if (tables[i] != FREE) {
                visitor.visit(tables[i], highest[i], bytes[i]);
            }
        }
    }

    private void grow() {
        int capacity = Math.max(8, tables.length * 2);
        int[] newTables = new int[capacity];
        Arrays.fill(newTables, FREE);
        long[] newHighest = new long[capacity];
        int[] newBytes = new int[capacity];
        for (int i = 0; i < tables.length; i++) {
            if (tables[i] != FREE) {
                int slot = slot(newTables, tables[i]);
                newTables[slot] = tables[i];
                newHighest[slot] = highest[i];
                newBytes[slot] = bytes[i];
            }
        }
        tables = newTables;
        highest = newHighest;
        bytes = newBytes;
    }

    private static int slot(int[] tables, int table) {
        int mask = tables.length - 1;
        int slot = ((table * 0x9E3779B9) >>> 7) & mask;
        while (tables[slot] != FREE && tables[slot] != table) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    @FunctionalInterface
    interface Test {
        boolean test(int table, long highest, int bytes);
    }

    @FunctionalInterface
    interface Visitor {
        void visit(int table, long highest, int bytes);
    }
}
