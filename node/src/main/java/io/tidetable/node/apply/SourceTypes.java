package io.tidetable.node.apply;

import io.tidetable.node.types.TypeMapping;
import java.sql.SQLException;

/** Where the applier learns what a source's own types are at the destination. */
@FunctionalInterface
public interface SourceTypes {
    /**
     * A mapping that holds the given source type.
     *
     * @throws io.tidetable.node.types.UnknownTypeException when the source does not have it either
     */
    TypeMapping mappingWith(int sourceTypeOid) throws SQLException;
}
