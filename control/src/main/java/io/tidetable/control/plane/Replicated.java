package io.tidetable.control.plane;

import io.tidetable.control.classify.Stated;
import io.tidetable.control.store.ConnectionSource;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.ClassificationRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What is replicated, as the settings say: from where, to where, and which tables.
 *
 * @param selection what the settings say of a table; empty where it is left out
 * @param rules of the settings, which stand before those that are applied while it runs
 */
public record Replicated(
        ConnectionSource source,
        Map<DestinationId, ConnectionSource> destinations,
        Function<TableId, Optional<Stated>> selection,
        List<ClassificationRule> rules) {
    public Replicated {
        destinations = new LinkedHashMap<>(destinations);
        rules = List.copyOf(rules);
    }

    /** Settings without rules. */
    public Replicated(
            ConnectionSource source,
            Map<DestinationId, ConnectionSource> destinations,
            Function<TableId, Optional<Stated>> selection) {
        this(source, destinations, selection, List.of());
    }
}
