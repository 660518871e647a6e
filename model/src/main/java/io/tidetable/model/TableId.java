package io.tidetable.model;

import java.util.Comparator;

/**
 * A table's name as its database knows it: the PostgreSQL schema it stands in and its own name,
 * both unquoted and case-sensitive.
 */
public record TableId(String namespace, String name) implements Comparable<TableId> {
    private static final Comparator<TableId> ORDER =
            Comparator.comparing(TableId::namespace).thenComparing(TableId::name);

    public TableId {
        if (namespace.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException(
                    "a table needs a namespace and a name, got '%s.%s'".formatted(namespace, name));
        }
    }

    /** The name as SQL takes it, every part quoted: {@code "public"."orders"}. */
    public String quoted() {
        return quote(namespace) + "." + quote(name);
    }

    /** One identifier as SQL takes it, quoted. */
    public static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    @Override
    public int compareTo(TableId other) {
        return ORDER.compare(this, other);
    }

    /** The name as people write it: {@code public.orders}. */
    @Override
    public String toString() {
        return namespace + "." + name;
    }
}
