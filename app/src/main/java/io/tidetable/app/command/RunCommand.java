package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.terminal.RunReport;
import io.tidetable.app.terminal.Terminal;
import io.tidetable.app.wiring.Checks;
import io.tidetable.app.wiring.DataDirectory;
import io.tidetable.app.wiring.RunningPipeline;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.DestinationStatus;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tidetable run}. */
@Command(
        name = "run",
        description = {
            "Replicates: copies the tables, then applies every change, until Ctrl-C.",
            "It may be stopped and killed at any time; it goes on where the destinations say it was."
        },
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

    @Mixin private SettingsOption settings = new SettingsOption();

    @Option(
            names = "--port",
            paramLabel = "N",
            description =
                    "port of the HTTP interface instead of the settings'; 0 takes any free one")
    private @Nullable Integer port;

    @Option(
            names = "--until-caught-up",
            description =
                    "end once every destination holds everything that was committed at the source when"
                            + " the command began")
    private boolean untilCaughtUp;

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    private final Surroundings surroundings;

    RunCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        Logging.quiet();
        Settings read = settings.read(surroundings);
        Logging.of(read.log(), DebugOption.of(spec));
        Terminal terminal =
                Terminal.ofProcess(spec.commandLine().getOut(), spec.commandLine().getErr());
        surroundings.stop().install();
        DataDirectory directory = settings.directory(read);
        RunReport report = new RunReport(terminal);
        try (RunningPipeline pipeline = new RunningPipeline(read, directory)) {
            pipeline.readAhead();
            Checks.refuseOnError(read);
            pipeline.prepare();
            String url = pipeline.serve(port == null ? read.api() : read.api().onPort(port));
            pipeline.start();
            report.say(
                    "pipeline %s is up: %s, data in %s"
                            .formatted(read.name(), url, directory.path()));
            follow(pipeline, report);
        } finally {
            report.end();
        }
        return CommandOutcome.DONE;
    }

    private void follow(RunningPipeline pipeline, RunReport report) throws InterruptedException {
        Lsn begin = untilCaughtUp ? pipeline.view().sourcePosition() : Lsn.ZERO;
        Duration look = LOOK;
        while (!surroundings.stop().await(look)) {
            long begun = System.nanoTime();
            pipeline.failure()
                    .ifPresent(failure -> {
                        throw failure;
                    });
            report.show(pipeline.view().status());
            if (untilCaughtUp && everywhere(pipeline, begin)) {
                report.show(pipeline.view().status());
                report.say("every destination holds everything up to " + begin);
                return;
            }
            look = afterAnother(Duration.ofNanos(System.nanoTime() - begun));
        }
        report.say("stopping");
    }

    /** Looking at thousands of tables is to take a small part of the time. */
    private static Duration afterAnother(Duration took) {
        Duration wanted = took.multipliedBy(20);
        return wanted.compareTo(LOOK) < 0
                ? LOOK
                : wanted.compareTo(LONGEST_LOOK) > 0 ? LONGEST_LOOK : wanted;
    }

    /** What stands still at one destination is said once the others are there. */
    private static boolean everywhere(RunningPipeline pipeline, Lsn position)
            throws InterruptedException {
        TidetableException standing = null;
        for (DestinationStatus destination : pipeline.view().status().destinations()) {
            DestinationId id = destination.id();
            try {
                if (!CatchUp.reached(pipeline.view(), id, Set.of(), position, LOOK)) {
                    return false;
                }
            } catch (TidetableException e) {
                standing = standing == null ? e : standing;
            }
        }
        if (standing != null) {
            throw standing;
        }
        return true;
    }
}
