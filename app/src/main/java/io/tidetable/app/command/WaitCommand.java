package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.app.terminal.Figures;
import io.tidetable.app.wiring.DataDirectory;
import io.tidetable.control.api.ApiClient;
import io.tidetable.control.api.PipelineView;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidetable wait}. */
@Command(
        name = "wait",
        description = {
            "Waits until tables of a destination hold everything committed at the source up to a"
                    + " position: read your own writes.",
            "A position is what pg_current_wal_insert_lsn() says at the source after your commit."
        },
        mixinStandardHelpOptions = true)
final class WaitCommand implements Callable<Integer> {
    private static final Duration LOOK = Duration.ofSeconds(1);

    @ArgGroup(multiplicity = "1")
    private @SuppressWarnings("NullAway.Init") Whom whom;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data folder that goes with the settings file")
    private @Nullable Path data;

    @Option(
            names = "--table",
            paramLabel = "TABLE",
            description = "a table, as schema.table or just its name; all when none is given")
    private List<String> tables = List.of();

    @Option(
            names = "--position",
            paramLabel = "P",
            description = "an LSN such as 16/3002D50, or 'now' (default: ${DEFAULT-VALUE})")
    private String position = "now";

    @Option(
            names = "--destination",
            paramLabel = "NAME",
            description = "only this destination; otherwise all of them")
    private @Nullable String destination;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "how long to wait at the most, such as 90s or 2m (default: 30s)")
    private Duration timeout = Duration.ofSeconds(30);

    @Mixin private TokenOption token = new TokenOption();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    private final Surroundings surroundings;

    WaitCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        Logging.quiet();
        Lsn given = parsed();
        surroundings.stop().interruptOnAsk(Thread.currentThread());
        if (whom.url != null) {
            try (ApiClient client = new ApiClient(whom.url, token.token())) {
                await(client, given, () -> {});
            }
        } else {
            Settings read =
                    new SettingsReader(surroundings.environment())
                            .read(java.util.Objects.requireNonNull(whom.file));
            try (LocalPipeline pipeline =
                    LocalPipeline.open(read, DataDirectory.of(read.name(), data))) {
                await(pipeline.view(), given, pipeline::refuseFailure);
            }
        }
        return CommandOutcome.DONE;
    }

    private Lsn parsed() {
        try {
            return position.equals("now") ? Lsn.ZERO : Lsn.parse(position);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--position takes 'now' or an LSN such as 16/3002D50, got '%s'"
                            .formatted(position),
                    e);
        }
    }

    private void await(PipelineView view, Lsn given, Runnable health) throws InterruptedException {
        PipelineStatus status = view.status();
        Set<TableId> meant =
                tables.stream()
                        .map(name -> NamedTable.find(status, name, destination).table())
                        .collect(Collectors.toUnmodifiableSet());
        Lsn target = given.equals(Lsn.ZERO) ? view.sourcePosition() : given;
        long begin = System.nanoTime();
        for (DestinationStatus each : NamedTable.destinations(status, destination)) {
            while (true) {
                Duration left = timeout.minusNanos(System.nanoTime() - begin);
                Duration limit = left.compareTo(LOOK) < 0 ? left : LOOK;
                if (CatchUp.reached(
                        view,
                        each.id(),
                        meant,
                        target,
                        limit.isNegative() ? Duration.ZERO : limit)) {
                    break;
                }
                health.run();
                if (!left.isPositive()) {
                    throw new TidetableException(
                            "TT-532",
                            "%s does not hold everything up to %s after %s; 'tidetable tables' shows what is behind, --timeout waits longer"
                                    .formatted(each.id(), target, Figures.duration(timeout)));
                }
            }
            spec.commandLine()
                    .getOut()
                    .println("%s holds everything up to %s".formatted(each.id(), target));
        }
        spec.commandLine().getOut().flush();
    }

    /** Who is asked. */
    static final class Whom {
        @Option(
                names = {"-c", "--config"},
                required = true,
                paramLabel = "FILE",
                description = "the settings file of the pipeline")
        private @Nullable Path file;

        @Option(
                names = "--url",
                required = true,
                paramLabel = "URL",
                description = "where the running pipeline answers, such as " + ServerOption.USUAL)
        private @Nullable String url;
    }
}
