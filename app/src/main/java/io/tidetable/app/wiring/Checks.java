package io.tidetable.app.wiring;

import io.tidetable.app.settings.Settings;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.catalog.TablePattern;
import io.tidetable.node.catalog.TableSelection;
import io.tidetable.node.check.CheckRequest;
import io.tidetable.node.check.Finding;
import io.tidetable.node.check.Preflight;
import io.tidetable.node.check.Severity;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.pipeline.PipelineSettings.TableRule;
import io.tidetable.node.postgres.Database;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Looks at the source and the destinations of some settings before anything is done to them. */
public final class Checks {
    private Checks() {}

    /** All findings, the worst first. */
    public static List<Finding> of(Settings settings) {
        List<Rule> rules = settings.tables().stream().map(Rule::of).toList();
        return Preflight.check(
                new CheckRequest(
                        settings.name(),
                        settings.source(),
                        destinations(settings),
                        TableSelection.ofRules(
                                rules.stream()
                                        .map(rule ->
                                                new TableSelection.Rule(
                                                        rule.pattern(), rule.rule().include()))
                                        .toList()),
                        tracks(settings),
                        table -> wish(rules, table)));
    }

    /**
     * Refuses settings that would not work. Tables that cannot be created at a destination keep
     * nothing else from going on.
     *
     * @throws TidetableException with the code of the first error
     */
    public static void refuseOnError(Settings settings) {
        refuseOnError(
                of(settings).stream()
                        .filter(finding -> !finding.check().setsTablesAside())
                        .toList());
    }

    /** Refuses where an error was found, were it only for one table. */
    public static void refuseOnError(List<Finding> findings) {
        List<Finding> errors =
                findings.stream().filter(f -> f.severity() == Severity.ERROR).toList();
        if (!errors.isEmpty()) {
            Finding first = errors.getFirst();
            throw new TidetableException(
                    first.code(),
                    first.subject()
                            + ": "
                            + first.sentence()
                            + (errors.size() > 1
                                    ? " (and %d more errors; 'tidetable check' lists them all)"
                                            .formatted(errors.size() - 1)
                                    : ""));
        }
    }

    private static Map<DestinationId, Database> destinations(Settings settings) {
        return settings.destinations().stream()
                .collect(
                        Collectors.toMap(
                                PipelineSettings.Destination::id,
                                PipelineSettings.Destination::database));
    }

    /** A table that may leave the express track by itself finds the bulk track made. */
    private static Set<Track> tracks(Settings settings) {
        if (settings.moves().automatic()
                && settings.tables().stream()
                        .anyMatch(rule ->
                                rule.include()
                                        && rule.track() == Track.EXPRESS
                                        && !rule.pinned())) {
            return Set.of(Track.values());
        }
        return settings.tables().stream()
                .filter(TableRule::include)
                .map(TableRule::track)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static CheckRequest.Wish wish(List<Rule> rules, TableId table) {
        TableRule deciding =
                rules.reversed().stream()
                        .filter(rule -> rule.rule().include() && rule.pattern().matches(table))
                        .findFirst()
                        .orElseThrow()
                        .rule();
        return new CheckRequest.Wish(deciding.consistency(), deciding.track());
    }

    private record Rule(TablePattern pattern, TableRule rule) {
        static Rule of(TableRule rule) {
            return new Rule(TablePattern.parse(rule.pattern()), rule);
        }
    }
}
