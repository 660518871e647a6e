package io.tidetable.node.copy;

import io.tidetable.model.TableId;

/**
 * A column that both sides have.
 *
 * @param source its type at the source
 * @param destination its type at the destination
 * @param sameOrder whether both sides sort its values alike by the plain column
 * @param binary whether the source's binary values are what the destination receives
 * @param blank whether it has no value at the destination, whatever the source's is
 */
public record LayoutColumn(
        String name,
        Type source,
        Type destination,
        boolean sameOrder,
        boolean binary,
        boolean blank) {
    /** A column that has the source's values at the destination. */
    public LayoutColumn(
            String name, Type source, Type destination, boolean sameOrder, boolean binary) {
        this(name, source, destination, sameOrder, binary, false);
    }

    /** The same column without values at the destination. */
    LayoutColumn blanked() {
        return new LayoutColumn(name, source, destination, sameOrder, true, true);
    }

    /**
     * A column's type on one side.
     *
     * @param declared with its modifier, as SQL takes it
     * @param bare without its modifier, as SQL takes it
     * @param builtIn whether PostgreSQL itself brings it
     * @param identityAlways whether UPDATE may not set it
     */
    public record Type(
            int oid, String declared, String bare, boolean builtIn, boolean identityAlways) {}

    /** The type on one side. */
    public Type type(Side side) {
        return switch (side) {
            case SOURCE -> source;
            case DESTINATION -> destination;
        };
    }

    /** The name as SQL takes it. */
    public String quoted() {
        return TableId.quote(name);
    }
}
