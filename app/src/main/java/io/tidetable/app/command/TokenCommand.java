package io.tidetable.app.command;

import io.tidetable.app.terminal.TextTable;
import io.tidetable.app.wiring.Tokens;
import io.tidetable.control.api.ControlClient.Token;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidetable token create|list|revoke}. */
@Command(
        name = "token",
        description = "Access tokens of the HTTP interface.",
        mixinStandardHelpOptions = true)
final class TokenCommand extends CommandGroup {
    /** The command with its own commands. */
    static picocli.CommandLine commandLine(Surroundings surroundings) {
        return new picocli.CommandLine(new TokenCommand())
                .addSubcommand(new Create(surroundings))
                .addSubcommand(new ListTokens(surroundings))
                .addSubcommand(new Revoke(surroundings));
    }

    /** {@code tidetable token create NAME --role ROLE}. */
    @Command(
            name = "create",
            description = {
                "Makes a token and shows it, once: only its hash is kept.",
                "With -c FILE it is written into the metadata store by itself, which is how the"
                        + " first one is made; otherwise a running pipeline is asked."
            },
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        @Parameters(paramLabel = "NAME", description = "whose it is, or what it is for")
        private @SuppressWarnings("NullAway.Init") String name;

        @Option(
                names = "--role",
                required = true,
                paramLabel = "ROLE",
                description =
                        "viewer (look), operator (steer as well), admin (change rules and tokens as"
                                + " well)")
        private @SuppressWarnings("NullAway.Init") String role;

        @Mixin private final TokensOption tokens;

        @Spec
        private @SuppressWarnings("NullAway.Init") CommandSpec spec;

        Create(Surroundings surroundings) {
            tokens = new TokensOption(surroundings);
        }

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            String token = tokens.with(it -> it.create(name, role));
            out.println(token);
            out.flush();
            return CommandOutcome.DONE;
        }
    }

    /** {@code tidetable token list}. */
    @Command(
            name = "list",
            description = "Shows which tokens there are and were; never the tokens themselves.",
            mixinStandardHelpOptions = true)
    static final class ListTokens implements Callable<Integer> {
        @Mixin private final TokensOption tokens;

        @Spec
        private @SuppressWarnings("NullAway.Init") CommandSpec spec;

        ListTokens(Surroundings surroundings) {
            tokens = new TokensOption(surroundings);
        }

        @Override
        public Integer call() {
            TextTable lines =
                    new TextTable()
                            .left("name")
                            .left("role")
                            .left("made by")
                            .left("made")
                            .left("revoked");
            for (Token token : tokens.with(Tokens::all)) {
                lines.row(
                        token.name(),
                        token.role(),
                        token.author(),
                        token.createdAt(),
                        token.revokedAt());
            }
            PrintWriter out = spec.commandLine().getOut();
            lines.lines().forEach(out::println);
            out.flush();
            return CommandOutcome.DONE;
        }
    }

    /** {@code tidetable token revoke NAME}. */
    @Command(
            name = "revoke",
            description = "Makes a token worthless, within a second.",
            mixinStandardHelpOptions = true)
    static final class Revoke implements Callable<Integer> {
        @Parameters(paramLabel = "NAME", description = "the token's name")
        private @SuppressWarnings("NullAway.Init") String name;

        @Mixin private final TokensOption tokens;

        @Spec
        private @SuppressWarnings("NullAway.Init") CommandSpec spec;

        Revoke(Surroundings surroundings) {
            tokens = new TokensOption(surroundings);
        }

        @Override
        public Integer call() {
            tokens.with(it -> {
                it.revoke(name);
                return name;
            });
            PrintWriter out = spec.commandLine().getOut();
            out.println("token %s is worth nothing any more".formatted(name));
            out.flush();
            return CommandOutcome.DONE;
        }
    }
}
