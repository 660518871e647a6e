package io.tidetable.app.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page docs/settings.md tells the truth about keys and defaults. */
class SettingsReferenceTest {
    private static final Path PAGE = Path.of("..", "docs", "settings.md");

    @TempDir Path folder;

    @Test
    void theDefaultsOnThePageAreTheDefaultsOfTheProgram() throws IOException {
        String defaults = block("```yaml\n# defaults\n");
        String minimal = block("```yaml\n# the shortest file\n");

        assertThat(read(minimal + defaults).toString())
                .isEqualTo(read(minimal).toString())
                .contains("main");
    }

    @Test
    void theExampleOnThePageIsValid() throws IOException {
        assertThat(read(block("```yaml\n# a longer one\n")).destinations()).isNotEmpty();
    }

    @Test
    void everyKeyThereIsStandsOnThePageAndNoOther() throws IOException {
        Set<String> keys = new TreeSet<>();
        collect("", Document.class, keys);

        Set<String> onPage =
                new TreeSet<>(
                        Pattern.compile("(?m)^\\| `([a-zA-Z_.]+)` \\|")
                                .matcher(Files.readString(PAGE).split("## Defaults", 2)[0])
                                .results()
                                .map((MatchResult result) -> result.group(1))
                                .toList());

        assertThat(onPage).isEqualTo(keys);
    }

    private static void collect(String prefix, Class<?> type, Set<String> keys) {
        for (RecordComponent component : type.getRecordComponents()) {
            String key =
                    prefix
                            + component
                                    .getName()
                                    .replaceAll("([A-Z])", "_$1")
                                    .toLowerCase(Locale.ROOT);
            Type inner = component.getGenericType();
            String below = key + ".";
            if (inner instanceof ParameterizedType parameterized) {
                Type[] arguments = parameterized.getActualTypeArguments();
                below = key + (arguments.length == 2 ? ".NAME." : ".");
                inner = arguments[arguments.length - 1];
            }
            if (inner instanceof Class<?> block && block.isRecord()) {
                collect(below, block, keys);
            } else {
                keys.add(key);
            }
        }
    }

    private static String block(String opening) throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf(opening);
        assertThat(from).as("the page has a block that begins %s", opening).isNotNegative();
        return page.substring(from + opening.length(), page.indexOf("```", from + 3));
    }

    private Settings read(String text) throws IOException {
        Path file = folder.resolve("settings.yaml");
        Files.writeString(file, text);
        return new SettingsReader(name -> Map.of("SOURCE_PASSWORD", "x").get(name)).read(file);
    }
}
