package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.terminal.Terminal;
import io.tidetable.app.wiring.Cleanup;
import io.tidetable.app.wiring.DataDirectory;
import io.tidetable.model.TidetableException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tidetable cleanup}. */
@Command(
        name = "cleanup",
        description = {
            "Drops what 'run' made: the slots and publications at the source, the progress at the"
                    + " destinations, the data folder. Replicated rows stay.",
            "A later 'run' copies every table again."
        },
        mixinStandardHelpOptions = true)
final class CleanupCommand implements Callable<Integer> {
    @Mixin private SettingsOption settings = new SettingsOption();

    @Option(names = "--yes", description = "do not ask")
    private boolean yes;

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    private final Surroundings surroundings;

    CleanupCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        Logging.quiet();
        Settings read = settings.read(surroundings);
        PrintWriter out = spec.commandLine().getOut();
        try (DataDirectory directory = settings.directory(read)) {
            directory.lock();
            if (!yes && !confirmed(read, directory)) {
                out.println("nothing was changed");
                out.flush();
                return CommandOutcome.DONE;
            }
            new Cleanup(read).carryOut(directory, out::println);
        }
        out.flush();
        return CommandOutcome.DONE;
    }

    private static boolean confirmed(Settings settings, DataDirectory directory) {
        if (!Terminal.isAttended()) {
            throw new TidetableException(
                    "TT-123",
                    "cleanup asks before it drops anything, and nobody is here to answer; say --yes to go on");
        }
        String answer =
                Objects.requireNonNull(System.console())
                        .readLine(
                                "Drop slots and publications of pipeline '%s' at the source, its progress at %d destination(s), and %s? [y/N] ",
                                settings.name(), settings.destinations().size(), directory.path());
        return answer != null && answer.strip().equalsIgnoreCase("y");
    }
}
