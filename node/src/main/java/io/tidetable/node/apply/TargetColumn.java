package io.tidetable.node.apply;

/**
 * A column of a destination's table.
 *
 * @param number its attribute number
 * @param baseOid its type's OID, below all domains
 * @param baseType that type as SQL takes it, without modifier
 * @param baseName that type as the driver looks it up
 * @param enumeration whether that type is an enumeration
 * @param deterministic whether equal texts have equal bytes under its collation
 * @param identityAlways whether it is GENERATED ALWAYS AS IDENTITY
 * @param generated whether it is computed from other columns
 * @param notNull whether it takes no NULL
 * @param required whether an insert that leaves it out fails
 */
record TargetColumn(
        String name,
        int number,
        int baseOid,
        String baseType,
        String baseName,
        boolean enumeration,
        boolean deterministic,
        boolean identityAlways,
        boolean generated,
        boolean notNull,
        boolean required) {}
