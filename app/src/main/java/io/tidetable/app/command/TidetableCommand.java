package io.tidetable.app.command;

import io.tidetable.model.TidetableException;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/** The command {@code tidetable} itself: it knows the others and how failures are told. */
@Command(
        name = "tidetable",
        description = {
            "Replicates PostgreSQL tables to where they are read.",
            "",
            "A hot table's delay does not notice a cold table's flood: changes travel on two tracks,"
                    + " wait in a journal on disk and reach each destination exactly once, data and"
                    + " progress in one transaction.",
            ""
        },
        footer = {
            "",
            "To see it work:         tidetable demo",
            "To replicate:           tidetable check -c tidetable.yaml",
            "                        tidetable run -c tidetable.yaml",
            "To watch:               tidetable status, or http://127.0.0.1:7070 in a browser",
            "",
            "Exit codes: 0 done as asked, 1 it failed (one line says why), 2 wrong use."
        },
        mixinStandardHelpOptions = true,
        versionProvider = TidetableCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND")
public final class TidetableCommand extends CommandGroup {
    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "show where in the program a failure arose")
    private boolean debug;

    /** The command line with all its commands. */
    public static CommandLine commandLine(Surroundings surroundings) {
        TidetableCommand root = new TidetableCommand();
        return new CommandLine(root)
                .addSubcommand(new DemoCommand(surroundings))
                .addSubcommand(new CheckCommand(surroundings))
                .addSubcommand(new RunCommand(surroundings))
                .addSubcommand(new VerifyCommand(surroundings))
                .addSubcommand(new CleanupCommand(surroundings))
                .addSubcommand(new StatusCommand())
                .addSubcommand(new TablesCommand())
                .addSubcommand(new TableCommand())
                .addSubcommand(new ExplainCommand())
                .addSubcommand(new SchemasCommand())
                .addSubcommand(new RulesCommand())
                .addSubcommand(new ApplyCommand())
                .addSubcommand(new FunctionsCommand())
                .addSubcommand(new ManifestsCommand())
                .addSubcommand(new QuarantineCommand())
                .addSubcommand(new OverrideCommand())
                .addSubcommand(new AuditCommand())
                .addSubcommand(TokenCommand.commandLine(surroundings))
                .addSubcommand(new WaitCommand(surroundings))
                .addSubcommand(new PauseCommand())
                .addSubcommand(new ResumeCommand())
                .addSubcommand(new ResyncCommand())
                .addSubcommand(new BacktestCommand(surroundings))
                .addSubcommand(new TrackCommand())
                .addSubcommand(new CommandLine.HelpCommand())
                .setParameterExceptionHandler(TidetableCommand::wrongUse)
                .setExecutionExceptionHandler(root::failed)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true);
    }

    private static int wrongUse(ParameterException e, String[] arguments) {
        CommandLine command = e.getCommandLine();
        command.getErr()
                .println(
                        "TT-120 %s; '%s --help' shows what there is"
                                .formatted(
                                        Objects.toString(e.getMessage())
                                                .lines()
                                                .findFirst()
                                                .orElse(""),
                                        command.getCommandSpec().qualifiedName()));
        CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr());
        command.getErr().flush();
        return CommandOutcome.WRONG_USE;
    }

    private int failed(Exception failure, CommandLine command, ParseResult parsed) {
        String line =
                failure instanceof TidetableException known
                        ? known.line()
                        : failure instanceof InterruptedException
                                ? "TT-130 interrupted before it was done; nothing is lost, run it again"
                                : "TT-199 this should not have happened (%s: %s); run it again with --debug and report what it prints"
                                        .formatted(
                                                failure.getClass().getSimpleName(),
                                                failure.getMessage());
        command.getErr().println(line.replaceAll("\\s*\\R\\s*", " "));
        if (debug) {
            failure.printStackTrace(command.getErr());
        }
        command.getErr().flush();
        return CommandOutcome.FAILED;
    }

    /** The version as the jar carries it. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = TidetableCommand.class.getPackage().getImplementationVersion();
            return new String[] {
                "tidetable %s (Java %s)"
                        .formatted(
                                Objects.requireNonNullElse(version, "development"),
                                Runtime.version())
            };
        }
    }
}
