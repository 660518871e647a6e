package io.tidetable.node.apply;

import io.tidetable.node.types.ValueTranslator;

/**
 * How one column of the stream reaches its column at the destination.
 *
 * @param index its place in the stream's tuples
 * @param name its name at the destination, quoted
 * @param targetType the destination's type below domains, as SQL takes it, without modifier
 * @param wireType the destination's type that the value's bytes are a value of, likewise
 * @param wireName that type as the driver looks it up
 * @param wireOid its OID
 * @param conversion from a wire value to the target type: a format with one %s, or just %s
 * @param translator what its binary values need before
 * @param updatable whether UPDATE may set it
 * @param exact whether equal values have equal bytes
 */
record PlannedColumn(
        int index,
        String name,
        String targetType,
        String wireType,
        String wireName,
        int wireOid,
        String conversion,
        ValueTranslator translator,
        boolean updatable,
        boolean exact) {
    /** An expression of the wire type, converted to the target type. */
    String converted(String wireValue) {
        return conversion.replace("%s", wireValue);
    }

    /** An expression of type text, converted to the target type. */
    String fromText(String textValue) {
        return "CAST(" + textValue + " AS " + targetType + ")";
    }

    boolean isConverted() {
        return !conversion.equals("%s");
    }
}
