package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A table as the destination's catalog describes it.
 *
 * @param signature the names, numbers and types of its columns, to tell whether they have changed
 * @param partitioned whether its rows lie in partitions
 * @param referenced whether a foreign key of another table points at it
 * @param deferrable whether it has constraints that may be checked at commit
 * @param exclusions whether it has exclusion constraints
 * @param ownedSequences sequences of its columns, as SQL takes them
 */
record TargetTable(
        TableId id,
        String signature,
        boolean partitioned,
        boolean referenced,
        boolean deferrable,
        boolean exclusions,
        List<String> ownedSequences,
        List<TargetColumn> columns,
        List<TargetKey> keys) {
    TargetTable {
        ownedSequences = List.copyOf(ownedSequences);
        columns = List.copyOf(columns);
        keys = List.copyOf(keys);
    }

    /** The table alone, as UPDATE, DELETE and TRUNCATE take it. */
    String only() {
        return partitioned ? id.quoted() : "ONLY " + id.quoted();
    }

    @Nullable TargetColumn column(String name) {
        for (TargetColumn column : columns) {
            if (column.name().equals(name)) {
                return column;
            }
        }
        return null;
    }

    /** The unique index over exactly these columns, in any order. */
    Optional<TargetKey> keyOver(List<String> names) {
        return keys.stream()
                .filter(TargetKey::wholeTable)
                .filter(key ->
                        key.columns().size() == names.size() && key.columns().containsAll(names))
                .findFirst();
    }
}
