package io.tidetable.model;

/**
 * A column as the change stream describes it.
 *
 * @param typeOid the source's type OID
 * @param typeModifier the source's type modifier, -1 for none
 * @param inIdentity whether it is part of the replica identity
 */
public record Column(String name, int typeOid, int typeModifier, boolean inIdentity) {
    private static final int NO_TYPE = 0;

    /** A column that no change of the shape has a value of; its type does not matter. */
    public static Column withoutValue(String name) {
        return new Column(name, NO_TYPE, -1, false);
    }

    /** Whether changes of the shape never have a value of it. */
    public boolean isWithoutValue() {
        return typeOid == NO_TYPE;
    }
}
