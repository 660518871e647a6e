package io.tidetable.node.types;

/**
 * Carries a type's binary form from the source to the destination by rewriting the type OIDs in it.
 * A value keeps its length. Safe for use by many threads.
 */
public interface ValueTranslator {
    /** Whether every value stays as it is, so that it need not be looked at. */
    boolean isIdentity();

    /**
     * Rewrites a value where it stands.
     *
     * @param bytes not shared with anybody who still needs the source's form
     * @param offset of the value's first byte
     * @param length of the value in bytes, 0 or more (a NULL is not given)
     * @throws io.tidetable.model.TidetableException TT-441 for a type that is not known (see {@link
     *     UnknownTypeException}), TT-442 for one that the destination does not have, TT-443 for
     *     bytes that are not a value of the type
     */
    void rewrite(byte[] bytes, int offset, int length);

    /** The value in the destination's form: the same array where nothing changes, else a copy. */
    default byte[] translate(byte[] value) {
        if (isIdentity()) {
            return value;
        }
        byte[] copy = value.clone();
        rewrite(copy, 0, copy.length);
        return copy;
    }
}
