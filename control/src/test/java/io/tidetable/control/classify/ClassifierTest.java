package io.tidetable.control.classify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.Classification;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifierTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final DestinationId REPORTING = new DestinationId("reporting");

    private static ClassificationRule rule(String name, String condition, Temperature gives) {
        return new ClassificationRule(name, condition, gives, null, null, null, null, null, null);
    }

    private static Subject subject(String name, Stated stated, Map<String, Double> figures) {
        return new Subject(new TableId("public", name), REPORTING, stated, new TreeMap<>(figures));
    }

    private static Subject plain(String name, Map<String, Double> figures) {
        return subject(name, Stated.NOTHING, figures);
    }

    private static Verdict one(List<ClassificationRule> rules, Subject subject) {
        return new Classifier(RuleSet.of(rules)).classify(List.of(subject), NOW).getFirst();
    }

    @Test
    void theFirstRuleThatMatchesDecides() {
        List<ClassificationRule> rules =
                List.of(
                        rule("orders", "table.startsWith('public.order')", Temperature.HOT),
                        rule("big", "rows > 1000000 && 'archive' in tags", Temperature.COLD),
                        rule("all", "true", Temperature.WARM));
        Stated archive = new Stated("entry 2", null, null, null, null, Set.of("archive"));

        assertThat(one(rules, plain("orders", Map.of("rows", 2e6))).evidence().rule())
                .isEqualTo("orders");
        Verdict big = one(rules, subject("events", archive, Map.of("rows", 2e6)));
        assertThat(big.evidence().rule()).isEqualTo("big");
        assertThat(big.schema().classification().temperature()).isEqualTo(Temperature.COLD);
        assertThat(big.schema().origin()).isEqualTo(Origin.RULE);
        assertThat(big.schema().reason())
                .isEqualTo("rule 'big' matched: rows > 1000000 && 'archive' in tags");
        assertThat(one(rules, plain("events", Map.of("rows", 2e6))).evidence().rule())
                .isEqualTo("all");
    }

    @ParameterizedTest
    @CsvSource({
        "reads_per_second=50, hot, low, EXPRESS, 10",
        "destination_reads_per_second=50, hot, low, EXPRESS, 10",
        "reads_per_second=1, warm, low, BULK, 3",
        "changes_per_second=0.5, warm, medium, BULK, 3",
        "changes_per_second=50, warm, high, BULK, 3",
        "hourly_seconds=7200, cold, low, BULK, 1",
        "hourly_seconds=60, warm, low, BULK, 3"
    })
    void withoutRulesReadsAndChangesDecide(
            String figure, String temperature, String frequency, Track track, int priority) {
        String[] parts = figure.split("=", 2);

        ReplicationSchema schema =
                one(List.of(), plain("t", Map.of(parts[0], Double.parseDouble(parts[1])))).schema();

        assertThat(schema.classification())
                .isEqualTo(
                        new Classification(
                                Temperature.parse(temperature), ChangeFrequency.parse(frequency)));
        assertThat(schema.track()).isEqualTo(track);
        assertThat(schema.priority()).isEqualTo(priority);
        assertThat(schema.origin()).isEqualTo(Origin.DEFAULT);
    }

    @Test
    void whatTheSettingsSayOfATableStandsAboveTheRules() {
        ClassificationRule wide =
                new ClassificationRule(
                        "all full",
                        "true",
                        Temperature.HOT,
                        null,
                        new Strategy.Full(Duration.ofMinutes(1)),
                        new Consistency.Key(8),
                        500,
                        Track.EXPRESS,
                        null);
        Stated stated =
                new Stated(
                        "'tables[2]'",
                        new Consistency.Group("checkout"),
                        7,
                        Track.BULK,
                        null,
                        Set.of());

        Verdict verdict = one(List.of(wide), subject("orders", stated, Map.of()));

        assertThat(verdict.schema().consistency()).isEqualTo(new Consistency.Group("checkout"));
        assertThat(verdict.schema().priority()).isEqualTo(7);
        assertThat(verdict.schema().track()).isEqualTo(Track.BULK);
        assertThat(verdict.schema().strategy()).isEqualTo(new Strategy.PrioritizedDelta());
        assertThat(verdict.evidence().sentences())
                .contains(
                        "'tables[2]' gives it consistency group: checkout, priority 7, track bulk")
                .anyMatch(it -> it.contains("takes every change"));
        assertThat(one(List.of(wide), plain("orders", Map.of())).schema().strategy())
                .isEqualTo(new Strategy.Full(Duration.ofMinutes(1)));
    }

    @Test
    void tablesOfAGroupShareATrack() {
        Stated checkout =
                new Stated("x", new Consistency.Group("checkout"), null, null, null, Set.of());
        List<Subject> subjects =
                List.of(
                        subject("orders", checkout, Map.of("reads_per_second", 99.0)),
                        subject("items", checkout, Map.of()),
                        plain("other", Map.of()));

        List<Verdict> verdicts = new Classifier(RuleSet.of(List.of())).classify(subjects, NOW);

        assertThat(verdicts)
                .extracting(it -> it.schema().track())
                .containsExactly(Track.EXPRESS, Track.EXPRESS, Track.BULK);
    }

    @Test
    void theFloodDoesNotRideExpressByItself() {
        List<Subject> subjects = new ArrayList<>();
        subjects.add(plain("flood", Map.of("reads_per_second", 99.0, "changes_per_second", 900.0)));
        subjects.add(plain("hot", Map.of("reads_per_second", 99.0, "changes_per_second", 40.0)));
        subjects.add(plain("rest", Map.of("changes_per_second", 60.0)));

        List<Verdict> byDefault = new Classifier(RuleSet.of(List.of())).classify(subjects, NOW);
        List<Verdict> byRule =
                new Classifier(
                                RuleSet.of(
                                        List.of(rule("it is", "name == 'flood'", Temperature.HOT))))
                        .classify(subjects, NOW);

        assertThat(byDefault)
                .extracting(it -> it.schema().track())
                .containsExactly(Track.BULK, Track.EXPRESS, Track.BULK);
        assertThat(byDefault.getFirst().schema().reason())
                .contains("express would carry most of all changes");
        assertThat(byRule.getFirst().schema().track()).isEqualTo(Track.EXPRESS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "reads_per_secnd > 5|1|1|unknown name 'reads_per_secnd', did you mean 'reads_per_second'?",
                "rows > 5 && tabel == 'x'|1|13|unknown name 'tabel', did you mean 'table'?",
                "rows >|1|7|",
                "rows + 1.0|1|6|",
                "rows == 'x'|1|6|",
                "table.nothing()|1|14|"
            })
    void aRuleThatCannotBeUsedIsRefusedWithItsPlace(
            String condition, int line, int column, String words) {
        assertThatThrownBy(() ->
                        RuleSet.of(
                                List.of(
                                        rule("good", "true", Temperature.HOT),
                                        rule("bad", condition, Temperature.HOT))))
                .isInstanceOfSatisfying(
                        RuleException.class,
                        e -> {
                            assertThat(e.rule()).isEqualTo("bad");
                            assertThat(e).hasMessageContaining(words == null ? "" : words);
                            assertThat(e.atLine() + ":" + e.atColumn())
                                    .as(e.getMessage())
                                    .isEqualTo(line + ":" + column);
                        });
    }

    @Test
    void aPlaceIsCountedOverLines() {
        assertThatThrownBy(() ->
                        RuleSet.of(List.of(rule("x", "rows > 5 &&\n  bites > 7", Temperature.HOT))))
                .hasMessageContaining(
                        "line 2, column 3: unknown name 'bites', did you mean 'bytes'?");
    }

    @Test
    void twoRulesOfOneNameAreRefused() {
        assertThatThrownBy(() ->
                        RuleSet.of(
                                List.of(
                                        rule("x", "true", Temperature.HOT),
                                        rule("x", "false", Temperature.HOT))))
                .hasMessageContaining("another rule has the same name");
    }

    @Test
    void aRuleThatCannotBeAskedOfATableDoesNotCountThereAndThatIsSaid() {
        Verdict verdict =
                one(List.of(rule("odd", "tags[3] == 'x'", Temperature.HOT)), plain("t", Map.of()));

        assertThat(verdict.evidence().rule()).isEqualTo("default");
        assertThat(verdict.evidence().sentences())
                .anyMatch(it -> it.startsWith("rule 'odd' could not be asked"));
    }

    @Test
    void wholeNumbersAndFractionsCompare() {
        assertThat(
                        one(
                                        List.of(
                                                rule(
                                                        "x",
                                                        "rows >= 5 && rows < 6.5",
                                                        Temperature.HOT)),
                                        plain("t", Map.of("rows", 5.0)))
                                .evidence()
                                .rule())
                .isEqualTo("x");
    }
}
