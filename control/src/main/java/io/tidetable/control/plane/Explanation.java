package io.tidetable.control.plane;

import io.tidetable.control.store.StoredSchema;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;

/**
 * What happens to a table on its way to a destination, and why.
 *
 * @param sentences for people, in order
 */
public record Explanation(
        SchemaOverride.InForce inForce, Evidence evidence, List<String> sentences) {
    private static final int CHANGES_TOLD = 3;

    public Explanation {
        sentences = List.copyOf(sentences);
    }

    /**
     * Explains.
     *
     * @param history the versions, the newest first
     */
    static Explanation of(SchemaOverride.InForce inForce, List<StoredSchema> history) {
        ReplicationSchema schema = inForce.schema();
        StoredSchema newest = history.getFirst();
        Evidence evidence = newest.evidence();
        List<String> sentences = new ArrayList<>();
        sentences.add(
                "%s goes to %s as %s, with consistency %s, priority %d, on the %s track, in %s."
                        .formatted(
                                schema.table(),
                                schema.destination(),
                                schema.strategy().describe(),
                                schema.consistency().label(),
                                schema.priority(),
                                schema.track().label(),
                                schema.sharding().describe()));
        if (inForce.paused()) {
            sentences.add("It is paused: its changes wait in the journal.");
        }
        sentences.add(
                String.format(
                        Locale.ROOT,
                        "Its rows there should be at most %s s old.",
                        plain(schema.objective().seconds())));
        sentences.add("It counts as " + schema.classification() + ".");
        if (!evidence.figures().isEmpty()) {
            sentences.add("It was measured at " + measured(evidence.figures()) + ".");
        }
        sentences.add(
                "Version %d was decided at %s by %s (%s): %s."
                        .formatted(
                                newest.schema().version(),
                                toTheSecond(newest.schema().at()),
                                newest.author(),
                                newest.schema().origin().label(),
                                newest.schema().reason()));
        for (SchemaOverride override : inForce.overrides()) {
            sentences.add(
                    "Override %d by %s pins %s%s: %s."
                            .formatted(
                                    override.number(),
                                    override.author(),
                                    String.join(", ", override.pins().describe()),
                                    override.until() == null
                                            ? " until it is ended"
                                            : " until " + toTheSecond(override.until()),
                                    override.reason()));
        }
        for (int i = 0; i < Math.min(CHANGES_TOLD, history.size() - 1); i++) {
            sentences.add(change(history.get(i + 1).schema(), history.get(i).schema()));
        }
        return new Explanation(inForce, evidence, sentences);
    }

    private static String change(ReplicationSchema before, ReplicationSchema after) {
        List<String> words = new ArrayList<>();
        for (Difference difference : Difference.between(before, after)) {
            if (!difference.what().equals("reason") && !difference.what().equals("origin")) {
                words.add(
                        "%s from %s to %s"
                                .formatted(
                                        difference.what(),
                                        difference.before(),
                                        difference.after()));
            }
        }
        return "At %s version %d changed %s."
                .formatted(
                        toTheSecond(after.at()),
                        after.version(),
                        words.isEmpty() ? "only who decided and why" : String.join(", ", words));
    }

    private static String measured(SortedMap<String, Double> figures) {
        List<String> words = new ArrayList<>();
        figures.forEach((name, value) -> {
            if (value != 0) {
                words.add(plain(value) + " " + name);
            }
        });
        return words.isEmpty() ? "nothing but zeros" : String.join(", ", words);
    }

    private static Instant toTheSecond(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS);
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.3f", value).replaceAll("0+$", "");
    }
}
