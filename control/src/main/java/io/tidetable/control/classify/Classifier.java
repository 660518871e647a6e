package io.tidetable.control.classify;

import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.Classification;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.Objective;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.Sharding;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives tables their replication schemas: what the settings file says of a table stands above the
 * first rule that matches, that above what follows from the class.
 *
 * <p>Tables of one consistency group ride one track. Tables that are hot by the defaults alone ride
 * the express track only as long as they make up less than half of all changes: an express track
 * that carries the flood is none.
 */
public final class Classifier {
    static final double OFTEN = 10;
    static final double NOW_AND_THEN = 0.1;

    private static final double EXPRESS_SHARE = 0.5;

    private final RuleSet rules;

    public Classifier(RuleSet rules) {
        this.rules = rules;
    }

    /** What becomes of the tables, in their order. */
    public List<Verdict> classify(Collection<Subject> subjects, Instant at) {
        List<Draft> drafts = subjects.stream().map(this::draft).toList();
        Set<Draft> tooBusy = tooBusyForExpress(drafts);
        Map<String, Track> shared = sharedTracks(drafts, tooBusy);
        return drafts.stream()
                .map(draft -> draft.verdict(tooBusy.contains(draft), shared, at))
                .toList();
    }

    private Draft draft(Subject subject) {
        RuleSet.Match match = rules.match(subject);
        ClassificationRule rule = match.rule();
        Stated stated = subject.stated();
        Temperature temperature = Objects.requireNonNullElse(rule.temperature(), Temperature.WARM);
        ChangeFrequency frequency =
                Objects.requireNonNullElseGet(rule.changeFrequency(), () -> frequency(subject));
        Consistency consistency =
                stated.consistency() != null
                        ? stated.consistency()
                        : Objects.requireNonNullElseGet(rule.consistency(), Consistency.Table::new);
        List<String> remarks = new ArrayList<>(match.remarks());
        Strategy strategy =
                stated.strategy() != null
                        ? stated.strategy()
                        : Objects.requireNonNullElseGet(
                                rule.strategy(), Strategy.PrioritizedDelta::new);
        if (sharedLane(consistency) != null && !(strategy instanceof Strategy.PrioritizedDelta)) {
            remarks.add(
                    "rule '%s' asks for the strategy %s, but consistency %s takes every change"
                            .formatted(rule.name(), strategy.label(), consistency.label()));
            strategy = new Strategy.PrioritizedDelta();
        }
        return new Draft(
                subject,
                match,
                new Classification(temperature, frequency),
                consistency,
                strategy,
                stated.priority() != null
                        ? stated.priority()
                        : Objects.requireNonNullElseGet(
                                rule.priority(), () -> priority(temperature)),
                stated.track() != null ? stated.track() : rule.track(),
                remarks);
    }

    private static ChangeFrequency frequency(Subject subject) {
        double changes = subject.figure(Figure.CHANGES_PER_SECOND);
        if (changes >= OFTEN) {
            return ChangeFrequency.HIGH;
        }
        return changes >= NOW_AND_THEN ? ChangeFrequency.MEDIUM : ChangeFrequency.LOW;
    }

    private static int priority(Temperature temperature) {
        return switch (temperature) {
            case HOT -> 10;
            case WARM -> 3;
            case COLD -> 1;
        };
    }

    private static Set<Draft> tooBusyForExpress(List<Draft> drafts) {
        double all = 0;
        for (Draft draft : drafts) {
            all += draft.subject().figure(Figure.CHANGES_PER_SECOND);
        }
        List<Draft> volunteers =
                drafts.stream()
                        .filter(Draft::isExpressByDefault)
                        .sorted(
                                Comparator.comparingDouble(
                                        it -> it.subject().figure(Figure.CHANGES_PER_SECOND)))
                        .toList();
        Set<Draft> tooBusy = new HashSet<>();
        double carried = 0;
        for (Draft draft : volunteers) {
            double changes = draft.subject().figure(Figure.CHANGES_PER_SECOND);
            if (changes > 0 && carried + changes > all * EXPRESS_SHARE) {
                tooBusy.add(draft);
            } else {
                carried += changes;
            }
        }
        return tooBusy;
    }

    private static Map<String, Track> sharedTracks(List<Draft> drafts, Set<Draft> tooBusy) {
        Map<String, Track> tracks = new HashMap<>();
        for (Draft draft : drafts) {
            String lane = sharedLane(draft.consistency());
            if (lane != null) {
                tracks.merge(
                        lane,
                        draft.ownTrack(tooBusy.contains(draft)),
                        (a, b) -> a == Track.EXPRESS ? a : b);
            }
        }
        // All of a destination in one lane leaves nothing that could be overtaken.
        tracks.replace("strict", Track.BULK);
        return tracks;
    }

    private static @Nullable String sharedLane(Consistency consistency) {
        return switch (consistency) {
            case Consistency.Group(String name) -> "group " + name;
            case Consistency.Strict() -> "strict";
            case Consistency.Table(), Consistency.Key(int _) -> null;
        };
    }

    private record Draft(
            Subject subject,
            RuleSet.Match match,
            Classification classification,
            Consistency consistency,
            Strategy strategy,
            int priority,
            @Nullable Track track,
            List<String> remarks) {
        boolean isExpressByDefault() {
            return track == null
                    && match.isDefault()
                    && classification.temperature() == Temperature.HOT;
        }

        Track ownTrack(boolean tooBusy) {
            if (track != null) {
                return track;
            }
            return classification.temperature() == Temperature.HOT && !tooBusy
                    ? Track.EXPRESS
                    : Track.BULK;
        }

        Verdict verdict(boolean tooBusy, Map<String, Track> shared, Instant at) {
            String lane = sharedLane(consistency);
            Track rides =
                    lane == null ? ownTrack(tooBusy) : Objects.requireNonNull(shared.get(lane));
            Stated stated = subject.stated();
            boolean bySettings =
                    stated.consistency() != null
                            || stated.priority() != null
                            || stated.track() != null
                            || stated.strategy() != null;
            List<String> sentences = new ArrayList<>();
            sentences.add(why());
            sentences.addAll(remarks);
            if (bySettings) {
                sentences.add(settingsSay(stated));
            }
            if (tooBusy) {
                sentences.add(
                        "it stays on the bulk track: with it, express would carry most of all"
                                + " changes");
            }
            ClassificationRule rule = match.rule();
            ReplicationSchema schema =
                    new ReplicationSchema(
                            subject.table(),
                            subject.destination(),
                            0,
                            classification,
                            strategy,
                            consistency,
                            priority,
                            rides,
                            new Sharding.Unsharded(),
                            Collections.emptySortedMap(),
                            Objects.requireNonNullElseGet(
                                    rule.objective(),
                                    () -> Objective.usual(classification.temperature())),
                            !match.isDefault()
                                    ? Origin.RULE
                                    : bySettings ? Origin.SETTINGS : Origin.DEFAULT,
                            String.join("; ", sentences),
                            at);
            return new Verdict(schema, new Evidence(rule.name(), subject.figures(), sentences));
        }

        private String why() {
            if (match.isDefault()) {
                return String.format(
                        Locale.ROOT,
                        "no rule matched; it is %s by %.2f reads/s at the source and %.2f at the"
                                + " destination, and has %.2f changes/s",
                        classification.temperature().label(),
                        subject.figure(Figure.READS_PER_SECOND),
                        subject.figure(Figure.DESTINATION_READS_PER_SECOND),
                        subject.figure(Figure.CHANGES_PER_SECOND));
            }
            return "rule '%s' matched: %s"
                    .formatted(
                            match.rule().name(),
                            match.rule().condition().strip().replaceAll("\\s+", " "));
        }

        private static String settingsSay(Stated stated) {
            List<String> words = new ArrayList<>();
            if (stated.consistency() != null) {
                words.add("consistency " + stated.consistency().label());
            }
            if (stated.priority() != null) {
                words.add("priority " + stated.priority());
            }
            if (stated.track() != null) {
                words.add("track " + stated.track().label());
            }
            if (stated.strategy() != null) {
                words.add("strategy " + stated.strategy().label());
            }
            return "%s gives it %s".formatted(stated.where(), String.join(", ", words));
        }
    }
}
