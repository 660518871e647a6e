package io.tidetable.app.demo;

import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride.InForce;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Says how the tables are classified and what of them is carried, by name. */
final class CarriedText {
    private CarriedText() {}

    static List<String> lines(Collection<InForce> tables) {
        return List.of(
                "classified       "
                        + grouped(tables, it -> it.classification().temperature().label()),
                "carried          " + grouped(tables, it -> it.strategy().label()));
    }

    private static String grouped(
            Collection<InForce> tables, Function<ReplicationSchema, String> by) {
        Map<String, List<String>> groups =
                tables.stream()
                        .map(InForce::schema)
                        .collect(
                                Collectors.groupingBy(
                                        by,
                                        TreeMap::new,
                                        Collectors.mapping(
                                                it -> it.table().name(), Collectors.toList())));
        return groups.entrySet().stream()
                .map(it -> it.getKey() + ": " + String.join(", ", it.getValue()))
                .collect(Collectors.joining("; "));
    }
}
