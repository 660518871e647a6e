package io.tidetable.app.command;

import io.tidetable.control.api.ControlClient;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What commands to the control plane have in common: where it is, who asks, how it is answered. */
final class ControlOption {
    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "where the running pipeline answers (default: ${DEFAULT-VALUE})")
    private String url = ServerOption.USUAL;

    @Mixin private TokenOption token = new TokenOption();

    @Option(
            names = "--author",
            paramLabel = "NAME",
            description = "who wants this, for the audit (default: the user's name)")
    private String author = System.getProperty("user.name", "somebody");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "text or json (default: ${DEFAULT-VALUE})")
    private OutputOption.Format format = OutputOption.Format.TEXT;

    /** Asks, and prints the answer as it came or as lines for people. */
    int answer(
            CommandSpec spec,
            Function<ControlClient, ControlClient.Answer> question,
            Function<ControlClient.Answer, List<String>> lines) {
        PrintWriter out = spec.commandLine().getOut();
        try (ControlClient client = new ControlClient(url, author, token.token())) {
            ControlClient.Answer answer = question.apply(client);
            if (format == OutputOption.Format.JSON) {
                out.println(answer.json());
            } else {
                lines.apply(answer).forEach(out::println);
            }
        }
        out.flush();
        return CommandOutcome.DONE;
    }
}
