package io.tidetable.node.catalog;

import org.jspecify.annotations.Nullable;

/**
 * A column as its database's catalog has it.
 *
 * @param number PostgreSQL's attribute number, which a rename keeps
 * @param type the type as SQL, qualified outside of pg_catalog, with its modifier: {@code
 *     numeric(10,2)}
 * @param typeModifier -1 for none
 * @param notNull false also where a NOT NULL is not validated yet
 * @param expression the default, or what a generated column is made of; null for neither
 * @param collation qualified and quoted; null for the type's own
 * @param filledIn whether rows from before the column was added have a value that is not in them
 *     but in the catalog
 */
public record ColumnDefinition(
        String name,
        int number,
        String type,
        int typeOid,
        int typeModifier,
        boolean notNull,
        @Nullable String expression,
        Generation generation,
        Identity identity,
        @Nullable String collation,
        boolean filledIn) {
    /** How a generated column comes to its value. */
    public enum Generation {
        NONE,
        STORED,
        VIRTUAL
    }

    /** Whether an identity column takes values that are given. */
    public enum Identity {
        NONE,
        ALWAYS,
        BY_DEFAULT
    }

    public boolean isGenerated() {
        return generation != Generation.NONE;
    }

    public boolean isIdentity() {
        return identity != Identity.NONE;
    }
}
