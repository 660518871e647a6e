package io.tidetable.app.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.functional.TableNeed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrategySettingsTest {
    @TempDir Path folder;

    private Settings read(String tables) throws IOException {
        Path file = folder.resolve("settings.yaml");
        Files.writeString(
                file,
                """
                source: {url: "postgresql://shop@source.example:5432/shop"}
                destinations:
                  reporting: {url: "postgresql://shop@reports.example/reports"}
                """
                        + tables);
        Map<String, String> environment = Map.of();
        return new SettingsReader(environment::get).read(file);
    }

    @Test
    void everyStrategyIsReadWithItsParametersOrTheUsualOnes() throws IOException {
        Settings settings =
                read(
                        """
                        tables:
                          - "public.*"
                          - {name: public.a, strategy: full}
                          - {name: public.b, strategy: {kind: full, cadence: 90s}}
                          - {name: public.c, strategy: {kind: sampling, margin: "5 %", confidence: 0.9, window: 10s, windows: 3, false_alarms: 0.02}}
                          - {name: public.d, strategy: {kind: functional, functions: [desk], columns: [x], rows: "x > 3"}}
                          - {name: public.g, strategy: {kind: full, cadence: auto}}
                        functions:
                          desk:
                            queries: ["SELECT x FROM d"]
                            tables: {public.e: {columns: [y], rows: "y IS NOT NULL"}, public.f: {}}
                            statements: {role: app}
                        """);

        assertThat(settings.tables().stream().map(rule -> rule.strategy()))
                .containsExactly(
                        new Strategy.PrioritizedDelta(),
                        new Strategy.Full(Duration.ofMinutes(15)),
                        new Strategy.Full(Duration.ofSeconds(90)),
                        new Strategy.Sampling(0.05, 0.9, 0.02, Duration.ofSeconds(10), 3),
                        new Strategy.Functional(List.of("desk"), List.of("x"), "x > 3"),
                        Strategy.Full.byCosts());
        FunctionDeclaration desk = settings.functions().getFirst();
        assertThat(desk.queries()).containsExactly("SELECT x FROM d");
        assertThat(need(desk, "e").rows().sql()).isEqualTo("\"y\" IS NOT NULL");
        assertThat(need(desk, "f").columns()).isNull();
        assertThat(desk.statements()).isNotNull();
    }

    private static TableNeed need(FunctionDeclaration function, String table) {
        return Objects.requireNonNull(function.tables().get(new TableId("public", table)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "strategy: fast|delta, full, sampling or functional",
                "strategy: {cadence: 5m}|has no 'kind'",
                "strategy: {kind: full, margin: 0.1}|means nothing to strategy full",
                "strategy: {kind: full, cadence: 1ms}|cadence",
                "strategy: {kind: sampling, cadence: auto}|means nothing",
                "strategy: {kind: sampling, margin: much}|takes a share",
                "strategy: functional|at least one",
                "consistency: 'group: g', strategy: full|promises more",
            })
    void whatCannotBeIsSaidWithItsPlace(String keys, String message) {
        assertThatThrownBy(() -> read("tables: [{name: public.a, %s}]\n".formatted(keys)))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining(message);
    }
}
