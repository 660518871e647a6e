package io.tidetable.node.pipeline.semantics;

import java.util.List;

/**
 * Rows and changes of them that must arrive, whichever way they take. Its statements run in a
 * namespace of its own.
 *
 * @param namespace of its tables
 * @param name what it is about
 * @param tables statements that make the source's tables
 * @param there statements that make the destination's tables; without them Tidetable makes them
 * @param rows statements that write rows, without changing any
 * @param changes statements that change them, each in a transaction of its own
 * @param sinceVersion the oldest major version on which it can be
 */
record Case(
        String namespace,
        String name,
        List<String> tables,
        List<String> there,
        List<String> rows,
        List<String> changes,
        int sinceVersion) {
    static Case of(String namespace, String name) {
        return new Case(namespace, name, List.of(), List.of(), List.of(), List.of(), 14);
    }

    Case tables(String... statements) {
        return new Case(namespace, name, List.of(statements), there, rows, changes, sinceVersion);
    }

    Case there(String... statements) {
        return new Case(namespace, name, tables, List.of(statements), rows, changes, sinceVersion);
    }

    Case rows(String... statements) {
        return new Case(namespace, name, tables, there, List.of(statements), changes, sinceVersion);
    }

    Case changes(String... statements) {
        return new Case(namespace, name, tables, there, rows, List.of(statements), sinceVersion);
    }

    /** Leaves servers older than that out. */
    Case since(int major) {
        return new Case(namespace, name, tables, there, rows, changes, major);
    }

    /** Statements that are one transaction. */
    static String transaction(String... statements) {
        return "BEGIN; " + String.join("; ", statements) + "; COMMIT";
    }

    @Override
    public String toString() {
        return name;
    }
}
