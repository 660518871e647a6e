package io.tidetable.node.types;

import org.jspecify.annotations.Nullable;

/**
 * One type of one server.
 *
 * @param extension the extension it belongs to, null for none; always null for arrays
 * @param sends whether the type itself has a binary output function; what it is made of may not
 * @param receives whether the type itself has a binary input function
 */
public record PostgresType(
        int oid,
        TypeName name,
        TypeForm form,
        @Nullable String extension,
        boolean sends,
        boolean receives) {}
