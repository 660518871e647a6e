package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import org.jspecify.annotations.Nullable;

/**
 * A constraint of a table as its database's catalog has it; inherited ones are left out.
 *
 * @param definition as PostgreSQL writes it, for ALTER TABLE .. ADD CONSTRAINT name
 * @param references the table a foreign key points to, null for others
 */
public record ConstraintDefinition(
        String name, Kind kind, String definition, @Nullable TableId references) {
    /** What a constraint demands. */
    public enum Kind {
        PRIMARY_KEY,
        UNIQUE,
        EXCLUSION,
        CHECK,
        FOREIGN_KEY
    }
}
