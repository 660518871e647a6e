package io.tidetable.node.types;

import io.tidetable.model.TidetableException;

/** A type OID that the catalog at hand does not hold: reading the catalog again may help. */
public final class UnknownTypeException extends TidetableException {
    private final int oid;

    UnknownTypeException(int oid) {
        super(
                "TT-441",
                ("the source's type with OID %s is not in the catalog that was read;"
                                + " it was made later or has been dropped since")
                        .formatted(Integer.toUnsignedString(oid)));
        this.oid = oid;
    }

    /** The source's OID that was asked for. */
    public int oid() {
        return oid;
    }
}
