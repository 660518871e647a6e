package io.tidetable.app.command;

import io.tidetable.app.settings.RulesFile;
import io.tidetable.app.terminal.TextTable;
import io.tidetable.control.api.ControlClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidetable functions list|declare|drop}. */
@Command(
        name = "functions",
        description = "Functions downstream for whose needs tables are carried.",
        mixinStandardHelpOptions = true,
        subcommands = {
            FunctionsCommand.ListAll.class,
            FunctionsCommand.Declare.class,
            FunctionsCommand.Drop.class
        })
final class FunctionsCommand extends CommandGroup {
    /** {@code tidetable functions list}. */
    @Command(
            name = "list",
            description = "Lists those that were declared while it runs; the settings have others.",
            mixinStandardHelpOptions = true)
    static final class ListAll implements Callable<Integer> {
        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            return control.answer(ControlClient::functions, ListAll::lines);
        }

        private static List<String> lines(ControlClient.Answer answer) {
            return new TextTable()
                    .left("function")
                    .right("version")
                    .left("by")
                    .left("at")
                    .left("needs")
                    .rows(answer.rows("functions", "name", "version", "author", "at", "function"))
                    .lines();
        }
    }

    /** {@code tidetable functions declare NAME -f FILE}. */
    @Command(
            name = "declare",
            description = "Declares what a function needs; its tables get that at once.",
            mixinStandardHelpOptions = true)
    static final class Declare implements Callable<Integer> {
        @Parameters(paramLabel = "NAME", description = "as strategies name it")
        private @SuppressWarnings("NullAway.Init") String name;

        @Option(
                names = {"-f", "--file"},
                required = true,
                paramLabel = "FILE",
                description = "YAML or JSON: queries: [..], tables: {..} or statements: {..}")
        private @SuppressWarnings("NullAway.Init") Path file;

        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            String needs = RulesFile.json(file);
            return control.answer(
                    client -> client.declareFunction(name, needs),
                    answer ->
                            List.of(
                                    "function %s is declared, version %s"
                                            .formatted(name, answer.text("version"))));
        }
    }

    /** {@code tidetable functions drop NAME}. */
    @Command(
            name = "drop",
            description = "Takes a function away; what nobody needs any more is not carried.",
            mixinStandardHelpOptions = true)
    static final class Drop implements Callable<Integer> {
        @Parameters(paramLabel = "NAME", description = "as 'functions list' shows it")
        private @SuppressWarnings("NullAway.Init") String name;

        @Mixin private ControlOption control = new ControlOption();

        @Override
        public Integer call() {
            return control.answer(
                    client -> client.dropFunction(name),
                    answer -> List.of("function " + name + " is taken away"));
        }
    }
}
