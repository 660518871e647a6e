package io.tidetable.app.terminal;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TrackStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@code run} tells while it runs: a bar while rows are copied, one line for each change of
 * state, and a summary line now and then.
 *
 * <p>Not thread-safe.
 */
public final class RunReport {
    private static final Duration SUMMARY_INTERVAL = Duration.ofSeconds(30);
    private static final Duration PLAIN_COPY_INTERVAL = Duration.ofSeconds(5);

    private final Terminal terminal;
    private final CopyProgress progress;
    private final Map<Place, TableState> states = new HashMap<>();
    private final Map<String, String> parts = new HashMap<>();
    private @Nullable Instant lastLine;

    public RunReport(Terminal terminal) {
        this.terminal = terminal;
        this.progress = new CopyProgress(terminal);
    }

    /** Tells one thing now. */
    public void say(String line) {
        progress.leave();
        terminal.out().println(line);
        terminal.out().flush();
    }

    /** Tells what has changed since the status shown before. */
    public void show(PipelineStatus status) {
        for (TrackStatus track : status.tracks()) {
            part(status.at(), "track " + track.track().label(), track.state(), track.message());
        }
        for (DestinationStatus destination : status.destinations()) {
            part(
                    status.at(),
                    "destination " + destination.id(),
                    destination.connected() ? "connected" : "out of reach",
                    destination.message());
            destination.tables().forEach(table -> table(status.at(), destination, table));
        }
        boolean copying = progress.show(status);
        Duration interval = copying ? PLAIN_COPY_INTERVAL : SUMMARY_INTERVAL;
        if (lastLine == null || !lastLine.plus(interval).isAfter(status.at())) {
            if (copying && !terminal.interactive()) {
                say(time(status.at()) + progress.line(status));
            } else if (!copying && lastLine != null) {
                say(time(status.at()) + summary(status));
            }
            if (!copying || !terminal.interactive()) {
                lastLine = status.at();
            }
        }
    }

    /** Nothing more will be shown. */
    public void end() {
        progress.leave();
        terminal.out().flush();
    }

    private void part(Instant at, String name, String state, @Nullable String message) {
        String now = message == null ? state : state + ": " + message;
        if (!now.equals(parts.put(name, now))) {
            say(time(at) + name + " " + now);
        }
    }

    private void table(Instant at, DestinationStatus destination, TableStatus table) {
        TableState before = states.put(new Place(destination.id(), table.table()), table.state());
        if (before == table.state()) {
            return;
        }
        if (before == null && table.state() == TableState.WAITING) {
            return;
        }
        String where = destination.id() + " " + table.table();
        String copied =
                before == TableState.COPYING
                        ? ", %s rows copied (%s)"
                                .formatted(
                                        Figures.count(table.copiedRows()),
                                        Figures.bytes(table.copiedBytes()))
                        : "";
        String message = table.message() == null ? "" : ": " + table.message();
        say(time(at) + where + " is " + word(table.state()) + copied + message);
    }

    private static String summary(PipelineStatus status) {
        Map<TableState, Integer> count = new EnumMap<>(TableState.class);
        double rate = 0;
        long backlog = 0;
        for (DestinationStatus destination : status.destinations()) {
            for (TableStatus table : destination.tables()) {
                count.merge(table.state(), 1, Integer::sum);
                rate += table.changesPerSecond();
                backlog += table.backlogBytes();
            }
        }
        StringBuilder line = new StringBuilder();
        count.forEach((state, tables) ->
                line.append(tables).append(' ').append(word(state)).append(", "));
        line.append(Figures.rate(rate)).append(", backlog ").append(Figures.bytes(backlog));
        slowest(status)
                .ifPresent(table ->
                        line.append(", longest delay ")
                                .append(Figures.duration(table.delay()))
                                .append(" (")
                                .append(table.table())
                                .append(')'));
        return line.toString();
    }

    private static java.util.Optional<TableStatus> slowest(PipelineStatus status) {
        List<TableStatus> tables =
                status.destinations().stream().flatMap(d -> d.tables().stream()).toList();
        return tables.stream()
                .filter(table -> table.delay() != null)
                .max(Comparator.comparing(t -> Objects.requireNonNull(t.delay())));
    }

    private static String word(TableState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String time(Instant at) {
        return LocalTime.ofInstant(at, ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS)
                + " ";
    }

    private record Place(DestinationId destination, TableId table) {}
}
