package io.tidetable.node.catalog;

import io.tidetable.node.types.TypeMapping;
import java.util.ArrayList;
import java.util.List;

/**
 * A column of a destination's table that does not fit the source's.
 *
 * @param sourceType as SQL at the destination; empty where the source has no such column
 * @param destinationType as SQL; empty where the destination has no such column
 */
public record ColumnMisfit(Kind kind, String column, String sourceType, String destinationType) {
    /** What does not fit. */
    public enum Kind {
        /** The destination has no such column. */
        MISSING,
        /** The destination's type does not hold every value of the source's. */
        OTHER_TYPE,
        /** Only the destination has it, and it takes neither NULL nor a default. */
        REQUIRED,
        /** The destination computes it, the source stores it. */
        GENERATED,
        /** The destination lets nobody update it. */
        ALWAYS_IDENTITY
    }

    /** Everything that does not fit between two tables. */
    public static List<ColumnMisfit> between(
            TableDefinition source, TableDefinition destination, TypeMapping mapping) {
        List<ColumnMisfit> misfits = new ArrayList<>();
        for (ColumnDefinition column : source.storedColumns()) {
            String type = TypeText.atDestination(column.type(), column.typeOid(), mapping);
            ColumnDefinition there = destination.column(column.name()).orElse(null);
            if (there == null) {
                misfits.add(new ColumnMisfit(Kind.MISSING, column.name(), type, ""));
            } else if (there.isGenerated()) {
                misfits.add(new ColumnMisfit(Kind.GENERATED, column.name(), type, there.type()));
            } else if (!TypeWidening.holds(there, type, column.typeOid(), mapping)) {
                misfits.add(new ColumnMisfit(Kind.OTHER_TYPE, column.name(), type, there.type()));
            } else if (there.identity() == ColumnDefinition.Identity.ALWAYS) {
                misfits.add(
                        new ColumnMisfit(Kind.ALWAYS_IDENTITY, column.name(), type, there.type()));
            }
        }
        for (ColumnDefinition there : destination.storedColumns()) {
            if (there.notNull()
                    && there.expression() == null
                    && !there.isIdentity()
                    && source.column(there.name()).isEmpty()) {
                misfits.add(new ColumnMisfit(Kind.REQUIRED, there.name(), "", there.type()));
            }
        }
        return misfits;
    }
}
