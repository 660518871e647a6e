package io.tidetable.app.command;

import io.tidetable.app.demo.Demo;
import io.tidetable.app.settings.Settings;
import io.tidetable.app.terminal.Terminal;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tidetable demo}. */
@Command(
        name = "demo",
        description = {
            "Shows it at work: two PostgreSQL servers of its own, a shop whose day lasts four minutes"
                    + " with a bulk job at night, replication, and a live view.",
            "Nothing has to be installed and nothing is left behind."
        },
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--for",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "end after this time, such as 2m, and compare the databases")
    private Duration limit = Duration.ZERO;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "port of the HTTP interface; 0 takes any free one (default: 7070)")
    private int port = Settings.Api.DEFAULT.port();

    @Option(names = "--headless", description = "print lines now and then instead of a live view")
    private boolean headless;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "decides what happens in the shop (default: ${DEFAULT-VALUE})")
    private long seed = 7;

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    private final Surroundings surroundings;

    DemoCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException, SQLException {
        Logging.of(
                new Settings.Log(Settings.Log.Format.TEXT, Settings.Log.Level.ERROR),
                DebugOption.of(spec));
        Terminal terminal =
                Terminal.ofProcess(spec.commandLine().getOut(), spec.commandLine().getErr());
        surroundings.stop().install();
        new Demo(headless ? terminal.plain() : terminal, surroundings.stop()::await, port, seed)
                .run(limit);
        return CommandOutcome.DONE;
    }
}
