package io.tidetable.app.command;

import io.tidetable.app.terminal.TextTable;
import io.tidetable.control.api.ControlClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidetable rules list|test|apply}. */
@Command(
        name = "rules",
        description = "Rules that say how tables are classified and replicated.",
        mixinStandardHelpOptions = true,
        subcommands = {
            RulesCommand.ListRules.class,
            RulesCommand.Try.class,
            RulesCommand.Apply.class
        })
final class RulesCommand extends CommandGroup {
    private static TextTable table() {
        return new TextTable()
                .left("rule")
                .left("temperature")
                .left("strategy")
                .left("consistency")
                .right("priority")
                .left("when");
    }

    /** {@code tidetable rules list}. */
    @Command(
            name = "list",
            description =
                    "Shows the rules in order: the settings' first, the defaults last; the first match decides.",
            mixinStandardHelpOptions = true)
    static final class ListRules implements Callable<Integer> {
        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            return control.answer(ControlClient::rules, ListRules::lines);
        }

        private static List<String> lines(ControlClient.Answer answer) {
            TextTable lines = table();
            for (String list : List.of("settings", "rules", "defaults")) {
                lines.rows(
                        answer.rows(
                                list,
                                "name",
                                "temperature",
                                "strategy.kind",
                                "consistency",
                                "priority",
                                "when"));
            }
            return lines.lines();
        }
    }

    /** {@code tidetable rules test -f FILE}. */
    @Command(
            name = "test",
            description = {
                "Shows for every table which rule of FILE would decide, and what would change.",
                "Nothing is changed."
            },
            mixinStandardHelpOptions = true)
    static final class Try implements Callable<Integer> {
        @Mixin private RulesFileOption file = new RulesFileOption();

        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            String rules = file.json();
            return control.answer(client -> client.test(rules), Try::lines);
        }

        private static List<String> lines(ControlClient.Answer answer) {
            TextTable lines =
                    new TextTable()
                            .left("table")
                            .left("to")
                            .left("rule")
                            .left("change")
                            .left("why");
            answer.rows("tables", "table", "destination", "rule", "changes", "schema.reason")
                    .forEach(row ->
                            lines.row(
                                    row.get(0),
                                    row.get(1),
                                    row.get(2),
                                    row.get(3).equals("true") ? "yes" : "no",
                                    row.get(4)));
            return lines.lines();
        }
    }

    /** {@code tidetable rules apply -f FILE}. */
    @Command(
            name = "apply",
            description = "Lets the rules of FILE count instead of those that count now.",
            mixinStandardHelpOptions = true)
    static final class Apply implements Callable<Integer> {
        @Mixin private RulesFileOption file = new RulesFileOption();

        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            String rules = file.json();
            return control.answer(
                    client -> client.apply(rules, client.rules().tag()), Apply::lines);
        }

        private static List<String> lines(ControlClient.Answer answer) {
            List<String> changed = new ArrayList<>(answer.texts("changed"));
            if (changed.isEmpty()) {
                return List.of("no table is replicated in another way");
            }
            changed.add(
                    0, "%d tables are replicated in another way now:".formatted(changed.size()));
            return changed;
        }
    }
}
