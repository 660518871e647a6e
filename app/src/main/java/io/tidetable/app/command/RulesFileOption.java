package io.tidetable.app.command;

import io.tidetable.app.settings.RulesFile;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that names a file of rules. */
final class RulesFileOption {
    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description = "YAML or JSON: rules: [{name: .., when: .., temperature: hot}]")
    private @SuppressWarnings("NullAway.Init") Path file;

    /** The rules as the HTTP interface takes them. */
    String json() {
        return RulesFile.json(file);
    }
}
