package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import io.tidetable.node.types.PostgresType;
import io.tidetable.node.types.TypeForm;
import io.tidetable.node.types.TypeMapping;

/** A type as PostgreSQL writes it at the source, for use at the destination. */
final class TypeText {
    private TypeText() {}

    /**
     * The same text, except for a type that stands in another PostgreSQL schema there, as an
     * extension's may.
     */
    static String atDestination(String text, int sourceOid, TypeMapping mapping) {
        PostgresType source = element(sourceOid, mapping);
        if (source == null) {
            return text;
        }
        PostgresType there = mapping.destination(source.oid()).orElse(null);
        if (there == null || there.name().namespace().equals(source.name().namespace())) {
            return text;
        }
        for (String prefix :
                new String[] {
                    source.name().namespace() + ".", TableId.quote(source.name().namespace()) + "."
                }) {
            if (text.startsWith(prefix)) {
                return TableId.quote(there.name().namespace())
                        + "."
                        + text.substring(prefix.length());
            }
        }
        return text;
    }

    private static @org.jspecify.annotations.Nullable PostgresType element(
            int sourceOid, TypeMapping mapping) {
        PostgresType type = mapping.source().find(sourceOid).orElse(null);
        return type != null && type.form() instanceof TypeForm.Array array
                ? mapping.source().find(array.elementOid()).orElse(null)
                : type;
    }
}
