package io.tidetable.control.store;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.ReplicationSchema;
import java.util.Comparator;

/** A table on its way to a destination. */
public record Key(TableId table, DestinationId destination) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
            Comparator.comparing(Key::table).thenComparing(key -> key.destination().name());

    public static Key of(ReplicationSchema schema) {
        return new Key(schema.table(), schema.destination());
    }

    @Override
    public int compareTo(Key other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return table + " to " + destination;
    }
}
