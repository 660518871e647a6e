package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import org.jspecify.annotations.Nullable;

/**
 * A sequence as its database's catalog has it, without its position.
 *
 * @param type as SQL: {@code bigint}
 * @param owner the column it belongs to, null for a free-standing one
 * @param identity whether it is the generator of an identity column
 */
public record SequenceDefinition(
        TableId id,
        String type,
        long start,
        long minimum,
        long maximum,
        long increment,
        long cache,
        boolean cycles,
        @Nullable OwnerColumn owner,
        boolean identity) {
    /** A column of a table. */
    public record OwnerColumn(TableId table, String column) {}

    /** The options as SQL takes them, without type and name. */
    String options() {
        return "INCREMENT BY %d MINVALUE %d MAXVALUE %d START WITH %d CACHE %d %s"
                .formatted(
                        increment, minimum, maximum, start, cache, cycles ? "CYCLE" : "NO CYCLE");
    }
}
