package io.tidetable.node.verify;

import org.jspecify.annotations.Nullable;

/**
 * Which rows are compared.
 *
 * @param range on both sides
 * @param sourceFilter a condition on the source's rows, as SQL takes it; rows that do not meet it
 *     are not to be at the destination. Null for none
 */
public record Scope(KeyRange range, @Nullable String sourceFilter) {
    /** All rows. */
    public static final Scope ALL = new Scope(KeyRange.ALL, null);

    /** A range, without a filter. */
    public static Scope of(KeyRange range) {
        return new Scope(range, null);
    }
}
