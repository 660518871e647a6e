package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.app.wiring.Tokens;
import io.tidetable.control.api.ControlClient;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where tokens are: in the metadata store of a settings file, or behind a running pipeline. */
final class TokensOption {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "the settings file whose metadata store has the tokens")
    private @Nullable Path file;

    @Mixin private AskerOption asker = new AskerOption();

    private final Surroundings surroundings;

    TokensOption(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    <T> T with(Function<Tokens, T> question) {
        if (file != null) {
            Settings settings = new SettingsReader(surroundings.environment()).read(file);
            try (Tokens tokens = Tokens.of(settings, asker.author())) {
                return question.apply(tokens);
            }
        }
        try (ControlClient client = asker.connect();
                Tokens tokens = Tokens.behind(client)) {
            return question.apply(tokens);
        }
    }
}
