package io.tidetable.lab;

import io.tidetable.lab.bench.ApplyBench;
import io.tidetable.lab.bench.CopyBench;
import io.tidetable.lab.bench.ForecastBench;
import io.tidetable.lab.bench.IsolationBench;
import io.tidetable.lab.bench.MemoryBench;
import io.tidetable.lab.bench.OutageBench;
import io.tidetable.lab.bench.ScaleBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** The entry of {@code ./bench}: knows every benchmark by name. */
public final class Bench {
    private static final Map<String, Supplier<Benchmark>> BENCHMARKS =
            new TreeMap<>(
                    Map.of(
                            "apply", ApplyBench::new,
                            "copy", CopyBench::new,
                            "forecast", ForecastBench::new,
                            "isolation", IsolationBench::new,
                            "memory", MemoryBench::new,
                            "outage", OutageBench::new,
                            "scale", ScaleBench::new));

    private Bench() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Supplier<Benchmark> named = arguments.length == 0 ? null : BENCHMARKS.get(arguments[0]);
        if (named == null) {
            System.out.println("./bench NAME, where NAME is one of");
            BENCHMARKS.forEach((name, benchmark) ->
                    System.out.printf("  %-10s %s%n", name, benchmark.get().description()));
            System.exit(arguments.length == 0 ? 0 : 2);
            return;
        }
        String name = arguments[0];
        List<String> rest = Arrays.asList(arguments).subList(1, arguments.length);
        List<Table> tables = named.get().run(rest, System.err::println);
        tables.forEach(table -> System.out.println(table.text()));
        System.out.println("written to " + write(name, tables));
    }

    private static Path write(String name, List<Table> tables) throws IOException {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("bench", name);
        document.put("processors", Runtime.getRuntime().availableProcessors());
        document.put("java", Runtime.version().toString());
        document.put("tables", tables.stream().map(Table::json).toList());
        Path file = Path.of("target", "bench", name + ".json");
        Files.createDirectories(file.getParent());
        JsonMapper mapper = JsonMapper.builder().build();
        Files.writeString(
                file, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(document));
        return file;
    }
}
