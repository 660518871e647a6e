package io.tidetable.app.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BacktestCommandTest {
    @TempDir private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new BacktestCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private static String values(int from, int count) {
        StringBuilder row = new StringBuilder();
        for (int i = from; i < from + count; i++) {
            row.append(',').append(100 + 50 * Math.sin(2 * Math.PI * i / 12) + i % 5);
        }
        return row.toString();
    }

    @Test
    void everyMethodIsMeasuredAndNamedInTheJson() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("train.csv"), "V1,V2\na%s\n".formatted(values(0, 200)));
        Path test =
                Files.writeString(
                        folder.resolve("test.csv"), "V1,V2\na%s\n".formatted(values(200, 12)));

        int code =
                run(
                        file.toString(),
                        "--test",
                        test.toString(),
                        "--horizon",
                        "12",
                        "--season",
                        "12",
                        "-o",
                        "json");

        assertThat(code).as(err.toString()).isZero();
        JsonNode methods = JsonMapper.builder().build().readTree(out.toString()).get("methods");
        assertThat(methods.findValuesAsString("method"))
                .contains("naive2", "ridge", "ensemble", "spike-override");
        assertThat(methods.get(0).get("owa").asDouble()).isEqualTo(1);
        for (JsonNode method : methods) {
            assertThat(method.get("series").asInt()).isEqualTo(1);
            for (String figure : new String[] {"smape", "mase", "msis", "coverage"}) {
                assertThat(method.get(figure).asDouble()).isNotNegative();
            }
            assertThat(method.get("seconds_per_series").asDouble()).isPositive();
        }
    }

    @Test
    void badRowsAreNamedTheRestGoesOnAndTheExitCodeTells() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("series.csv"),
                        "id,v\na%s\nb,1,x,3\nc,1,2\n".formatted(values(0, 100)));

        int code = run(file.toString(), "--horizon", "6", "--season", "12", "--method", "ridge");

        assertThat(code).isEqualTo(1);
        assertThat(err.toString())
                .contains("line 3: 'x' in column 3 is not a number")
                .contains("series c: 2 values are too few to hold back 6");
        assertThat(out.toString()).contains("sMAPE").contains("ridge");
    }

    @Test
    void wrongUseIsRefusedWithWhatThereIs() throws IOException {
        Path file = Files.writeString(folder.resolve("series.csv"), "a,1,2,3\n");

        assertThat(run(file.toString(), "--horizon", "1", "--season", "1", "--method", "oracle"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("no forecasting method is called 'oracle'");
        assertThat(run(file.toString(), "--horizon", "0", "--season", "1")).isEqualTo(2);
    }
}
