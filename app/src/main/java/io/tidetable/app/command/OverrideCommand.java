package io.tidetable.app.command;

import io.tidetable.app.terminal.TextTable;
import io.tidetable.control.api.ControlClient;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidetable override set|list|end}. */
@Command(
        name = "override",
        description = "Takes a table out of automatic control, for a time.",
        mixinStandardHelpOptions = true,
        subcommands = {
            OverrideCommand.SetOne.class,
            OverrideCommand.ListAll.class,
            OverrideCommand.End.class
        })
final class OverrideCommand extends CommandGroup {
    /** {@code tidetable override set TABLE}. */
    @Command(
            name = "set",
            description = "Pins what is given, until it is ended or its time is over.",
            mixinStandardHelpOptions = true)
    static final class SetOne implements Callable<Integer> {
        @Parameters(
                paramLabel = "TABLE",
                description = "the table, as schema.table or just its name")
        private @SuppressWarnings("NullAway.Init") String table;

        @Option(names = "--destination", paramLabel = "NAME", description = "only there")
        private @Nullable String destination;

        @Option(
                names = "--strategy",
                paramLabel = "NAME",
                description = "delta, full or sampling, with its usual parameters")
        private @Nullable String strategy;

        @Option(
                names = "--consistency",
                paramLabel = "WORD",
                description = "table, key(N), strict or \"group: NAME\"")
        private @Nullable String consistency;

        @Option(names = "--priority", paramLabel = "N", description = "1 to 1000")
        private @Nullable Integer priority;

        @Option(names = "--track", paramLabel = "TRACK", description = "express or bulk")
        private @Nullable String track;

        @Option(
                names = "--shards",
                paramLabel = "N",
                description = "lanes over which a table with consistency key is spread, 2 to 64")
        private @Nullable Integer shards;

        @Option(names = "--pause", description = "hold it; its changes wait in the journal")
        private boolean pause;

        @Option(
                names = "--reason",
                required = true,
                paramLabel = "TEXT",
                description = "why, for the audit and for whoever wonders")
        private @SuppressWarnings("NullAway.Init") String reason;

        @Option(
                names = "--for",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "ends by itself after this time, for example 2h")
        private @Nullable Duration limit;

        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            Map<String, Object> pins = new LinkedHashMap<>();
            put(pins, "strategy", strategy);
            put(pins, "consistency", consistency);
            put(pins, "priority", priority);
            put(pins, "track", track);
            put(
                    pins,
                    "sharding",
                    shards == null ? null : Map.of("by", "key_hash", "shards", shards));
            put(pins, "paused", pause ? Boolean.TRUE : null);
            Instant until = limit == null ? null : Instant.now().plus(limit);
            return control.answer(
                    client -> client.override(table, destination, pins, reason, until),
                    answer ->
                            List.of(
                                    "override %s is set%s"
                                            .formatted(
                                                    answer.text("number"),
                                                    until == null ? "" : " until " + until)));
        }

        private static void put(Map<String, Object> pins, String name, @Nullable Object value) {
            if (value != null) {
                pins.put(name, value);
            }
        }
    }

    /** {@code tidetable override list}. */
    @Command(
            name = "list",
            description = "Lists overrides, those that have ended too, the newest first.",
            mixinStandardHelpOptions = true)
    static final class ListAll implements Callable<Integer> {
        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            return control.answer(ControlClient::overrides, ListAll::lines);
        }

        private static List<String> lines(ControlClient.Answer answer) {
            TextTable lines =
                    new TextTable()
                            .right("number")
                            .left("table")
                            .left("to")
                            .left("pins")
                            .left("by")
                            .left("since")
                            .left("until")
                            .left("ended")
                            .left("why");
            answer.rows(
                            "overrides",
                            "number",
                            "namespace",
                            "name",
                            "destination",
                            "pins",
                            "author",
                            "since",
                            "until",
                            "ended_at",
                            "reason")
                    .forEach(row ->
                            lines.row(
                                    row.get(0),
                                    row.get(1) + "." + row.get(2),
                                    row.get(3).isEmpty() ? "all" : row.get(3),
                                    row.get(4),
                                    row.get(5),
                                    row.get(6),
                                    row.get(7),
                                    row.get(8),
                                    row.get(9)));
            return lines.lines();
        }
    }

    /** {@code tidetable override end NUMBER}. */
    @Command(
            name = "end",
            description = "Ends an override; automatic control comes back.",
            mixinStandardHelpOptions = true)
    static final class End implements Callable<Integer> {
        @Parameters(paramLabel = "NUMBER", description = "as 'override list' shows it")
        private long number;

        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            return control.answer(
                    client -> client.endOverride(number),
                    answer -> List.of("override " + number + " has ended"));
        }
    }
}
