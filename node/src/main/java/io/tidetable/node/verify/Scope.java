package io.tidetable.node.verify;

import org.jspecify.annotations.Nullable;

/**
 * Which rows are compared.
 *
 * @param range on both sides
 * @param sourceFilter a condition on the source's rows, as SQL takes it; rows that do not meet it
 *     are not to be at the destination. Null for none
 * @param filterOnBoth a condition on the rows of both sides; nothing is said of rows that do not
 *     meet it. Null for none
 */
public record Scope(KeyRange range, @Nullable String sourceFilter, @Nullable String filterOnBoth) {
    /** All rows. */
    public static final Scope ALL = new Scope(KeyRange.ALL, null, null);

    /** Rows of a range, and of the source only those that meet a condition. */
    public Scope(KeyRange range, @Nullable String sourceFilter) {
        this(range, sourceFilter, null);
    }

    /** A range, without a filter. */
    public static Scope of(KeyRange range) {
        return new Scope(range, null, null);
    }
}
