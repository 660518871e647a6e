package io.tidetable.node.types;

import io.tidetable.model.TableId;

/** A type's qualified name, both parts unquoted and case-sensitive. */
public record TypeName(String namespace, String name) {
    /** The name as SQL takes it, every part quoted: {@code "public"."mood"}. */
    public String quoted() {
        return TableId.quote(namespace) + "." + TableId.quote(name);
    }

    @Override
    public String toString() {
        return namespace + "." + name;
    }
}
