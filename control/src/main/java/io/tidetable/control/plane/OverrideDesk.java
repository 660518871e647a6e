package io.tidetable.control.plane;

import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Pins;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where an administrator takes tables out of automatic control and gives them back. Thread-safe.
 */
public final class OverrideDesk {
    private final MetadataStore store;
    private final CurrentSchemas current;
    private final InstantSource clock;

    OverrideDesk(MetadataStore store, CurrentSchemas current, InstantSource clock) {
        this.store = store;
        this.current = current;
        this.clock = clock;
    }

    /**
     * Takes something of a table out of automatic control.
     *
     * @param destination null for every destination
     * @param until null for until it is ended
     * @throws TidetableException TT-638 when the table is not replicated there, TT-639 when the
     *     pins do not fit
     */
    public SchemaOverride set(
            TableId table,
            @Nullable DestinationId destination,
            Pins pins,
            String reason,
            String author,
            @Nullable Instant until) {
        current.requireReplicated(table, destination);
        SchemaOverride added;
        try {
            SchemaOverride wanted =
                    new SchemaOverride(
                            0,
                            table,
                            destination,
                            pins,
                            reason,
                            author,
                            clock.instant(),
                            until,
                            null);
            List<SchemaOverride> all = new ArrayList<>(current.overrides());
            all.add(wanted);
            current.requireFollowable(all);
            added = store.overrides().add(wanted);
        } catch (IllegalArgumentException e) {
            throw new TidetableException("TT-639", e.getMessage() + "; nothing was changed", e);
        }
        current.readOverrides();
        current.tell();
        return added;
    }

    /** Ends an override: automatic control comes back. */
    public SchemaOverride end(long number, String author) {
        SchemaOverride ended = store.overrides().end(number, author, clock.instant());
        current.readOverrides();
        current.tell();
        return ended;
    }
}
