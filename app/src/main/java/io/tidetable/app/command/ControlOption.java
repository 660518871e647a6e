package io.tidetable.app.command;

import io.tidetable.control.api.ControlClient;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What commands to the control plane have in common: whom they ask, how it is answered. */
final class ControlOption {
    @Mixin private AskerOption asker = new AskerOption();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "text or json (default: ${DEFAULT-VALUE})")
    private OutputOption.Format format = OutputOption.Format.TEXT;

    @Spec(Spec.Target.MIXEE)
    private @SuppressWarnings("NullAway.Init") CommandSpec command;

    /** Asks, and prints the answer as it came or as lines for people. */
    int answer(
            Function<ControlClient, ControlClient.Answer> question,
            Function<ControlClient.Answer, List<String>> lines) {
        PrintWriter out = command.commandLine().getOut();
        try (ControlClient client = asker.connect()) {
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
