package io.tidetable.node.copy;

/** Decides whether a column's values may be passed on in binary form, byte for byte. */
@FunctionalInterface
public interface BinaryRule {
    /** Everything travels as text. */
    BinaryRule NEVER = (source, destination) -> false;

    /** Whether the source type's binary values are what the destination type receives. */
    boolean passesThrough(int sourceTypeOid, int destinationTypeOid);
}
