package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.app.wiring.DataDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name a settings file and the data folder that goes with it. */
final class SettingsOption {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "the settings file (docs/settings.md explains it)")
    private @SuppressWarnings("NullAway.Init") Path file;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data folder; usually tidetable-data/NAME below the current folder")
    private @Nullable Path data;

    Settings read(Surroundings surroundings) {
        return new SettingsReader(surroundings.environment()).read(file);
    }

    DataDirectory directory(Settings settings) {
        return DataDirectory.of(settings.name(), data);
    }
}
