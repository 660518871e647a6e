package io.tidetable.model;

/**
 * A column as the change stream describes it.
 *
 * @param typeOid the source's type OID
 * @param typeModifier the source's type modifier, -1 for none
 * @param inIdentity whether it is part of the replica identity
 */
public record Column(String name, int typeOid, int typeModifier, boolean inIdentity) {}
