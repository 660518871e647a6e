package io.tidetable.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.app.command.CommandLineTest.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BacktestCommandTest {
    @TempDir private Path folder;

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

        Result result =
                CommandLineTest.run(
                        "backtest",
                        file.toString(),
                        "--test",
                        test.toString(),
                        "--horizon",
                        "12",
                        "--season",
                        "12",
                        "-o",
                        "json");

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode methods = JsonMapper.builder().build().readTree(result.out()).get("methods");
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
                        "id,v1,v2\na%s\nb,1,x,3\nc,1,2\n".formatted(values(0, 100)));

        Result result =
                CommandLineTest.run(
                        "backtest",
                        file.toString(),
                        "--horizon",
                        "6",
                        "--season",
                        "12",
                        "--method",
                        "ridge");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .contains("line 3: 'x' in column 3 is not a number")
                .contains("series c: 2 values are too few to hold back 6");
        assertThat(result.out()).contains("SMAPE").contains("ridge");
    }

    @Test
    void aFileOfTimestampsIsOneSeriesAndItsBadRowsAreNamed() throws IOException {
        StringBuilder rows = new StringBuilder("timestamp,value\n");
        for (int i = 0; i < 200; i++) {
            rows.append(3600 * i).append(',').append(50 + i % 12).append('\n');
        }
        Path file = Files.writeString(folder.resolve("one.csv"), rows + "never,5\n");

        Result result =
                CommandLineTest.run(
                        "backtest",
                        file.toString(),
                        "--horizon",
                        "12",
                        "--season",
                        "12",
                        "--method",
                        "snaive",
                        "-o",
                        "json");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("TT-142").contains("line 202: 'never' is not a time");
        JsonNode methods = JsonMapper.builder().build().readTree(result.out()).get("methods");
        assertThat(methods).hasSize(1);
        assertThat(methods.get(0).get("mase").asDouble()).isZero();
        assertThat(methods.get(0).get("coverage").asDouble()).isEqualTo(1);
    }

    @Test
    void aFileWithoutASeriesLongEnoughFailsWithWhatIsNeeded() throws IOException {
        Path file = Files.writeString(folder.resolve("short.csv"), "a,1,2,3\n");

        Result result =
                CommandLineTest.run("backtest", file.toString(), "--horizon", "9", "--season", "1");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("TT-141").contains("9 of the horizon");
        assertThat(result.out()).isEmpty();
    }
}
