package io.tidetable.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    runn                                     | TT-120 | Did you mean
                    run                                      | TT-120 | --config
                    run -c a.yaml --port x                   | TT-120 | --port
                    demo --for soon                          | TT-120 | not a duration: 'soon'
                    verify -c a.yaml -o xml                  | TT-120 | --output
                    wait --table orders                      | TT-120 | --url
                    wait --url http://h --position here      | TT-120 | LSN such as 16/3002D50
                    table                                    | TT-120 | NAME
                    backtest a.csv                           | TT-120 | --horizon
                    backtest a.csv --horizon 0 --season 1    | TT-120 | above 0
                    backtest a.csv --horizon 2 --season x    | TT-120 | --season
                    backtest a --horizon 2 --season 1 --method oracle | TT-120 | spike-override
                    """)
    void wrongUseExitsWithTwoAndALineThatHelps(String line, String code, String help) {
        Result result = run(line.split(" +"));

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).startsWith(code + " ").contains(help);
        assertThat(result.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    check -c missing.yaml                        | TT-100
                    run -c missing.yaml                          | TT-100
                    verify -c missing.yaml                       | TT-100
                    cleanup -c missing.yaml                      | TT-100
                    wait -c missing.yaml                         | TT-100
                    status --url http://127.0.0.1:1              | TT-620
                    tables --url http://127.0.0.1:1              | TT-620
                    table orders --url http://127.0.0.1:1        | TT-620
                    pause orders --url http://127.0.0.1:1        | TT-620
                    status --url nonsense                        | TT-110
                    backtest missing.csv --horizon 2 --season 1  | TT-140
                    """)
    void failureExitsWithOneAndExactlyOneLine(String line, String code) {
        Result result = run(line.split(" +"));

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err().lines()).hasSize(1);
        assertThat(result.err()).startsWith(code + " ").doesNotContain("\tat ");
    }

    @Test
    void theFlagDebugShowsWhereAFailureArose() {
        assertThat(run("check", "-c", "missing.yaml", "--debug").err()).contains("\tat ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "demo",
                "check",
                "run",
                "verify",
                "cleanup",
                "status",
                "tables",
                "table",
                "wait",
                "pause",
                "resume",
                "resync",
                "backtest",
                "track"
            })
    void everyCommandExplainsItself(String command) {
        Result result = run((command + " --help").strip().split(" "));

        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("Usage: tidetable").contains("--debug");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void withoutACommandTheHelpIsShown() {
        Result result = run();

        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("tidetable demo");
    }

    @Test
    void aPasswordInTheSettingsIsNeverShown() throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("tidetable.yaml"),
                        """
                        source: {url: "postgresql://me@127.0.0.1:1/db", password: "pl4nted"}
                        destinations: {there: {url: "postgresql://me:pl4nted@127.0.0.1:1/other"}}
                        tables: ["public.*"]
                        """);
        for (String command : new String[] {"check", "verify", "cleanup --yes"}) {
            Result result = run((command + " --debug -c " + file).split(" +"));

            assertThat(result.code()).isEqualTo(1);
            assertThat(result.err() + result.out()).isNotEmpty().doesNotContain("pl4nted");
        }
    }

    static Result run(String... arguments) {
        return run(new StopSignal(hook -> {}), arguments);
    }

    static Result run(StopSignal stop, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line =
                TidetableCommand.commandLine(new Surroundings(name -> null, stop))
                        .setOut(new PrintWriter(out))
                        .setErr(new PrintWriter(err));
        int code = line.execute(arguments);
        return new Result(code, out.toString(), err.toString());
    }

    record Result(int code, String out, String err) {}
}
