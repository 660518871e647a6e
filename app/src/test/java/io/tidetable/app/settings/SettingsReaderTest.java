package io.tidetable.app.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidetable.control.plane.Reclassification;
import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Objective;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.pipeline.PipelineSettings.TableRule;
import io.tidetable.node.tracks.TrackPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsReaderTest {
    private static final String MINIMAL =
            """
            source: {url: "postgresql://shop@source.example:5432/shop"}
            destinations:
              reporting: {url: "postgresql://shop@reports.example/reports"}
            tables: ["public.*"]
            """;

    @TempDir Path folder;

    @Test
    void theShortestFileGetsEveryDefault() throws IOException {
        Settings settings = read(MINIMAL, Map.of());

        assertThat(settings.name()).isEqualTo("main");
        assertThat(settings.source().jdbcUrl())
                .isEqualTo("jdbc:postgresql://source.example:5432/shop");
        assertThat(settings.source().properties()).isEqualTo(Map.of("user", "shop"));
        assertThat(settings.destinations()).hasSize(1);
        assertThat(settings.destinations().getFirst().appliers()).isEqualTo(4);
        assertThat(settings.tables())
                .containsExactly(
                        new TableRule("public.*", true, new Consistency.Table(), 1, Track.BULK));
        assertThat(settings.journal()).isEqualTo(PipelineSettings.Journal.DEFAULT);
        assertThat(settings.tuning()).isEqualTo(PipelineSettings.Tuning.DEFAULT);
        assertThat(settings.api()).isEqualTo(new Settings.Api("127.0.0.1", 7070));
        assertThat(settings.log()).isEqualTo(Settings.Log.DEFAULT);
    }

    @Test
    void everyKeyArrivesWhereItBelongs() throws IOException {
        Settings settings =
                read(
                        """
                        name: nightly
                        source: {url: "postgresql://shop@s/shop?sslmode=require", password: "${env:SRC_PW}"}
                        appliers: 6
                        destinations:
                          reporting: {url: "jdbc:postgresql://r:6000/reports?user=me", appliers: 3}
                          search: {url: "postgres://me@r/search"}
                        tables:
                          - public.*
                          - "!public.tmp_*"
                          - {name: public.orders, consistency: key(8), priority: 10, tags: [checkout]}
                          - {name: public.carts, consistency: key, track: bulk, priority: 50}
                          - {name: public.prices, track: express}
                        journal: {bulk: 2GB, express: 1GB, reserve: 512MB}
                        api: {host: localhost, port: 0}
                        log: {format: json, level: warn}
                        tuning: {heartbeat: 500ms, batch: 8MB, chunk: 32MB, snapshot_limit: 10m}
                        rules:
                          - {name: checkout, when: "'checkout' in tags", temperature: hot, priority: 20, freshness_seconds: 1}
                          - {name: archive, when: "rows > 1000000", strategy: {kind: full, cadence_seconds: 60}}
                          - {name: shapes, when: "name == 'x'", strategy: {kind: sampling, windows_in_a_row: 3}}
                        classification: {automatic: false, interval: 5m, looks: 4}
                        moves: {automatic: false, flood_changes: 500, flood_bytes: 1MB, flood_for: 3s, calm_for: 5m, per_minute: 1}
                        """,
                        Map.of("SRC_PW", "s3cr3t"));

        assertThat(settings.name()).isEqualTo("nightly");
        assertThat(settings.source().properties())
                .isEqualTo(Map.of("user", "shop", "password", "s3cr3t", "sslmode", "require"));
        assertThat(settings.destinations())
                .extracting(PipelineSettings.Destination::appliers)
                .containsExactly(3, 6);
        assertThat(settings.tables())
                .containsExactly(
                        new TableRule("public.*", true, new Consistency.Table(), 1, Track.BULK),
                        new TableRule(
                                "public.tmp_*", false, new Consistency.Table(), 1, Track.BULK),
                        new TableRule(
                                "public.orders", true, new Consistency.Key(8), 10, Track.EXPRESS),
                        new TableRule(
                                "public.carts", true, new Consistency.Key(4), 50, Track.BULK, true),
                        new TableRule(
                                "public.prices",
                                true,
                                new Consistency.Table(),
                                1,
                                Track.EXPRESS,
                                true));
        assertThat(settings.tags()).containsEntry("public.orders", List.of("checkout"));
        assertThat(settings.journal().bulk()).isEqualTo(ByteSize.parse("2GB"));
        assertThat(settings.journal().diskReserve()).isEqualTo(ByteSize.parse("512MB"));
        assertThat(settings.api()).isEqualTo(new Settings.Api("localhost", 0));
        assertThat(settings.tuning().heartbeat()).hasMillis(500);
        assertThat(settings.rules())
                .containsExactly(
                        new ClassificationRule(
                                "checkout",
                                "'checkout' in tags",
                                Temperature.HOT,
                                null,
                                null,
                                null,
                                20,
                                null,
                                Objective.ofSeconds(1)),
                        new ClassificationRule(
                                "archive",
                                "rows > 1000000",
                                null,
                                null,
                                new Strategy.Full(Duration.ofMinutes(1)),
                                null,
                                null,
                                null,
                                null),
                        new ClassificationRule(
                                "shapes",
                                "name == 'x'",
                                null,
                                null,
                                new Strategy.Sampling(
                                        Strategy.Sampling.USUAL.marginOfError(),
                                        Strategy.Sampling.USUAL.confidence(),
                                        Strategy.Sampling.USUAL.falseAlarms(),
                                        Strategy.Sampling.USUAL.window(),
                                        3),
                                null,
                                null,
                                null,
                                null));
        assertThat(settings.classification())
                .isEqualTo(new Reclassification(false, Duration.ofMinutes(5), 4));
        assertThat(settings.moves())
                .isEqualTo(
                        new PipelineSettings.Moves(
                                false,
                                new TrackPolicy.Limits(
                                        500,
                                        ByteSize.megabytes(1),
                                        Duration.ofSeconds(3),
                                        Duration.ofMinutes(5),
                                        1)));
        assertThat(settings.tuning().snapshotLimit()).hasMinutes(10);
        assertThat(settings.log())
                .isEqualTo(new Settings.Log(Settings.Log.Format.JSON, Settings.Log.Level.WARN));
    }

    @Test
    void oneHotTableTakesItsWholeGroupToTheExpressTrack() throws IOException {
        Settings settings =
                read(
                        MINIMAL.replace(
                                "[\"public.*\"]",
                                "[{name: p.orders, consistency: 'group: checkout', priority: 20},"
                                        + " {name: p.items, consistency: 'group: checkout'}]"),
                        Map.of());

        assertThat(settings.tables())
                .extracting(TableRule::track)
                .containsExactly(Track.EXPRESS, Track.EXPRESS);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    tabels: ["public.*"]                                  | TT-102 | line 4 | unknown key 'tabels'; did you mean 'tables'?
                    name: Shop                                            | TT-103 | line 4 | lower case letters
                    tables: {public: all}                                 | TT-103 | line 4 | 'tables' takes a list
                    tables: []                                            | TT-104 | line 4 | write tables: ["public.*"]
                    tables: ["!public.a"]                                 | TT-104 | line 4 | only leaves tables out
                    tables: ["orders"]                                    | TT-103 | line 4 | 'tables[1]' takes schema.table
                    tables: ["a.b", {nam: a.c}]                           | TT-102 | line 4 | unknown key 'nam' in 'tables[2]'; did you mean 'name'?
                    tables: [{priority: 3}]                               | TT-104 | line 4 | 'tables[1]' has no 'name'
                    tables: [{name: a.b, priority: high}]                 | TT-103 | line 4 | 'tables[1].priority' takes a whole number from 1 to 1000, got 'high'
                    tables: [{name: a.b, priority: 0}]                    | TT-103 | line 4 | from 1 to 1000, got 0
                    tables: [{name: a.b, track: fast}]                    | TT-103 | line 4 | takes express or bulk, got 'fast'
                    tables: [{name: a.b, consistency: row}]               | TT-103 | line 4 | takes table, key, key(N), strict or
                    tables: [{name: a.b, consistency: key(99)}]           | TT-103 | line 4 | takes 2 to 64 lanes, got 99
                    tables: [{name: a.b, consistency: strict}, a.c]       | TT-103 | line 4 | to every entry or to none
                    tables: [{name: "!a.b", priority: 3}]                 | TT-103 | line 4 | takes no further keys
                    appliers: 1                                           | TT-103 | line 4 | 'appliers' takes a whole number from 2 to 64, got 1
                    journal: {bulk: 10}                                   | TT-103 | line 4 | not a size: '10' (expected for example 64MB or 5GB)
                    journal: {bulk: 1MB}                                  | TT-103 | line 4 | takes a size of at least 64MB
                    journal: {bulkk: 10GB}                                | TT-102 | line 4 | unknown key 'bulkk' in 'journal'; did you mean 'bulk'?
                    journal: 10GB                                         | TT-103 | line 4 | 'journal' takes a block of keys: bulk, express, reserve
                    tuning: {snapshot_limit: soon}                        | TT-103 | line 4 | not a duration: 'soon'
                    tuning: {snapshotLimit: 10m}                          | TT-102 | line 4 | did you mean 'snapshot_limit'?
                    tuning: {heartbeat: 2h}                               | TT-103 | line 4 | takes a duration from 100ms to 1m
                    api: {port: 70700}                                    | TT-103 | line 4 | from 0 to 65535
                    api: {host: 0.0.0.0}                                  | TT-103 | line 4 | tokens must not travel in the clear
                    api: {host: 0.0.0.0, unencrypted: true, tokens: false} | TT-103 | line 4 | cannot be false where others
                    api: {host: "a b", unencrypted: true}                 | TT-103 | line 4 | an address or a name of this machine
                    api: {certificate: a.pem}                             | TT-103 | line 4 | needs the other of
                    api: {certificate: a.pem, key: b.pem}                 | TT-103 | line 4 | a.pem: it cannot be read
                    api: {tokens: perhaps}                                | TT-103 | line 4 | takes true or false
                    log: {format: xml}                                    | TT-103 | line 4 | takes text or json, got 'xml'
                    log: {level: all}                                     | TT-103 | line 4 | takes debug or info or warn or error
                    rules: [{name: a, when: "rwos > 1"}]                  | TT-103 | line 4 | did you mean 'rows'?
                    rules: [{name: a, wen: "true"}]                       | TT-102 | line 4 | did you mean 'when'?
                    rules: [{name: a, when: "true", priority: 0}]         | TT-103 | line 4 | priority takes 1 to 1000
                    classification: {looks: 1}                            | TT-103 | line 4 | from 2 to 60
                    name: "${env:NOWHERE}"                                | TT-105 | line 4 | needs the environment variable NOWHERE, which is not set
                    name: "${secret:X}"                                   | TT-103 | line 4 | references are written ${env:NAME}
                    name: "a                                              | TT-101 | line   | this is not YAML as expected
                    """)
    void eachMistakeHasASentenceWithItsLineAndItsFix(
            String mistake, String code, String line, String sentence) {
        String text = MINIMAL;
        String key = mistake.substring(0, mistake.indexOf(':'));
        if (key.equals("tables")) {
            text = text.substring(0, text.indexOf("tables:"));
        } else {
            text = text.replace("tables: [\"public.*\"]\n", "");
        }
        String whole = text + mistake + "\n" + (key.equals("tables") ? "" : "tables: [a.*]\n");

        TidetableException refusal =
                catchThrowableOfType(TidetableException.class, () -> read(whole, Map.of()));

        assertThat(refusal).isNotNull();
        assertThat(refusal.line())
                .startsWith(code + " ")
                .contains("settings.yaml " + line)
                .contains(sentence);
    }

    @Test
    void aFileThatDoesNotExistIsNamed() {
        assertThatThrownBy(() -> new SettingsReader(name -> null).read(folder.resolve("no.yaml")))
                .hasMessageContaining("no.yaml does not exist");
    }

    @Test
    void anEmptyFileSaysWhatItNeeds() {
        assertThatThrownBy(() -> read("# nothing\n", Map.of()))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("'source'");
    }

    @Test
    void aKeyWrittenTwiceIsRefused() {
        assertThatThrownBy(() -> read(MINIMAL + "tables: [a.*]\n", Map.of()))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("line 5");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    postgresql://shop:hunter2@h/db?sslmode=maybe      | sslmode
                    postgresql://shop:hunter2@h/db?sslmod=require     | did you mean 'sslmode'?
                    postgresql://shop:hunter2@h:999999/db             | host
                    postgresql://shop:hunter2@h                       | is not a PostgreSQL URL
                    postgresql://shop:hunter2%zz@h/db                 | percent sign
                    mysql://shop:hunter2@h/db                         | is not a PostgreSQL URL
                    postgresql://:hunter2@h/db                        | names no user
                    postgresql://shop:hunter2@h/db?user=other         | gives the user twice
                    """)
    void aBadUrlIsExplainedWithoutShowingItsPassword(String url, String sentence) {
        TidetableException refusal =
                catchThrowableOfType(
                        TidetableException.class,
                        () ->
                                read(
                                        MINIMAL.replace(
                                                "postgresql://shop@source.example:5432/shop", url),
                                        Map.of()));

        assertThat(refusal).isNotNull();
        assertThat(refusal.line()).contains("'source.url'").contains(sentence);
        assertThat(refusal.line()).doesNotContain("hunter2");
    }

    @Test
    void aPasswordIsGivenOnce() {
        assertThatThrownBy(() ->
                        read(
                                MINIMAL.replace(
                                        "{url: \"postgresql://shop@source",
                                        "{password: hunter2, url: \"postgresql://shop:x@source"),
                                Map.of()))
                .hasMessageContaining("keep one of them")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void percentEncodedPartsAndSeveralHostsAreUnderstood() throws IOException {
        Settings settings =
                read(
                        MINIMAL.replace(
                                "postgresql://shop@source.example:5432/shop",
                                "postgresql://sh%40p:p%3Aw+d%25@[::1]:5433,b.example/shop?connect_timeout=5&target_session_attrs=read-write"),
                        Map.of());

        assertThat(settings.source().jdbcUrl())
                .isEqualTo("jdbc:postgresql://[::1]:5433,b.example/shop");
        assertThat(settings.source().properties())
                .isEqualTo(
                        Map.of(
                                "user", "sh@p",
                                "password", "p:w+d%",
                                "connectTimeout", "5",
                                "targetServerType", "primary"));
    }

    @Test
    void settingsNeverShowAPassword() throws IOException {
        Settings settings =
                read(MINIMAL.replace("source: {", "source: {password: hunter2, "), Map.of());

        assertThat(settings.toString()).doesNotContain("hunter2");
    }

    private Settings read(String text, Map<String, String> environment) throws IOException {
        Path file = folder.resolve("settings.yaml");
        Files.writeString(file, text);
        return new SettingsReader(environment::get).read(file);
    }
}
