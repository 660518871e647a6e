package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.terminal.VerificationText;
import io.tidetable.control.api.PipelineView;
import io.tidetable.control.api.VerificationRepresentation;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.TableVerification;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tidetable verify}. */
@Command(
        name = "verify",
        description = {
            "Compares source and destinations exactly, row by row, while both are written to.",
            "Asks the running pipeline of the same data folder; where none runs, this command runs it"
                    + " until the comparison is done. Exit code 1 when anything differs."
        },
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
    private static final Duration LOOK = Duration.ofSeconds(1);

    @Mixin private SettingsOption settings = new SettingsOption();
    @Mixin private OutputOption output = new OutputOption();

    @Option(
            names = "--repair",
            description = "mend the differences, so that readers are never blocked")
    private boolean repair;

    @Option(
            names = "--destination",
            paramLabel = "NAME",
            description = "only this destination; otherwise all of them")
    private @Nullable String destination;

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    private final Surroundings surroundings;

    VerifyCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        Logging.quiet();
        Settings read = settings.read(surroundings);
        surroundings.stop().interruptOnAsk(Thread.currentThread());
        List<Found> found = new ArrayList<>();
        try (LocalPipeline pipeline = LocalPipeline.open(read, settings.directory(read))) {
            PipelineView view = pipeline.view();
            Lsn position = view.sourcePosition();
            for (DestinationStatus each : NamedTable.destinations(view.status(), destination)) {
                awaitReached(pipeline, each.id(), position);
                view.verify(each.id(), Set.of(), repair, table -> show(found, each.id(), table));
            }
        }
        if (output.json()) {
            spec.commandLine()
                    .getOut()
                    .println(
                            VerificationRepresentation.json(
                                    found.stream()
                                            .map(f ->
                                                    VerificationRepresentation.of(
                                                            f.destination(), f.table()))
                                            .toList()));
            spec.commandLine().getOut().flush();
        }
        return judge(found);
    }

    /** One that stands still is among what is found; the others are compared all the same. */
    private static void awaitReached(LocalPipeline pipeline, DestinationId id, Lsn position)
            throws InterruptedException {
        try {
            while (!CatchUp.reached(pipeline.view(), id, Set.of(), position, LOOK)) {
                pipeline.refuseFailure();
            }
        } catch (TidetableException e) {
            pipeline.refuseFailure();
            if (!e.code().equals("TT-403")) {
                throw e;
            }
        }
    }

    private void show(List<Found> found, DestinationId at, TableVerification table) {
        found.add(new Found(at, table));
        if (!output.json()) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(VerificationText.line(at, table));
            out.flush();
        }
    }

    private int judge(List<Found> found) {
        List<Found> wrong = found.stream().filter(f -> !f.settled(repair)).toList();
        if (wrong.isEmpty()) {
            return CommandOutcome.DONE;
        }
        throw new TidetableException(
                "TT-530",
                "%d of %d tables differ or could not be compared, the first is %s; %s"
                        .formatted(
                                wrong.size(),
                                found.size(),
                                wrong.getFirst().table().table(),
                                repair
                                        ? "look at what is said about each of them above"
                                        : "'tidetable verify --repair' mends differences"));
    }

    private record Found(DestinationId destination, TableVerification table) {
        boolean settled(boolean repaired) {
            return table.equal()
                    || (repaired
                            && table.problem() == null
                            && table.repaired()
                                    >= table.missing() + table.extra() + table.different());
        }
    }
}
