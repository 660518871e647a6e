package io.tidetable.node.types;

import java.util.List;

/** What a type is made of; OIDs are those of its own server. */
public sealed interface TypeForm {
    /** A value of its own, with nothing of another type inside. */
    record Scalar() implements TypeForm {}

    /**
     * A type whose binary value is an OID of some other object (regclass and the like), which means
     * nothing on another server; its text form is a name.
     */
    record ObjectReference() implements TypeForm {}

    /** An array of any number of dimensions. */
    record Array(int elementOid) implements TypeForm {}

    /** A row of named fields, without dropped ones. */
    record Composite(List<Field> fields) implements TypeForm {
        public Composite {
            fields = List.copyOf(fields);
        }
    }

    /** Another type with a constraint. */
    record Domain(int baseOid) implements TypeForm {}

    /** A closed list of labels, in order. */
    record Enumeration(List<String> labels) implements TypeForm {
        public Enumeration {
            labels = List.copyOf(labels);
        }
    }

    /** A range over a type. */
    record Range(int subtypeOid) implements TypeForm {}

    /** A set of ranges. */
    record Multirange(int rangeOid) implements TypeForm {}

    /** A type that no column can have. */
    record Pseudo() implements TypeForm {}

    /** A field of a composite type. */
    record Field(String name, int typeOid) {}
}
