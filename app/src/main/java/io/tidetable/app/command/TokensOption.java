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

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "where a running pipeline answers (default: ${DEFAULT-VALUE})")
    private String url = ServerOption.USUAL;

    @Option(
            names = "--author",
            paramLabel = "NAME",
            description = "who wants this, for the audit (default: the user's name)")
    private String author = System.getProperty("user.name", "somebody");

    @Mixin private TokenOption token = new TokenOption();

    private final Surroundings surroundings;

    TokensOption(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    <T> T with(Function<Tokens, T> question) {
        if (file != null) {
            Settings settings = new SettingsReader(surroundings.environment()).read(file);
            try (Tokens tokens = Tokens.of(settings, author)) {
                return question.apply(tokens);
            }
        }
        try (ControlClient client = new ControlClient(url, author, token.token());
                Tokens tokens = Tokens.behind(client)) {
            return question.apply(tokens);
        }
    }
}
