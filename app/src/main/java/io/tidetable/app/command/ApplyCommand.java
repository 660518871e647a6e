package io.tidetable.app.command;

import io.tidetable.app.settings.RulesFile;
import io.tidetable.control.api.ControlClient;
import io.tidetable.control.api.ControlClient.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidetable apply -f FILE}. */
@Command(
        name = "apply",
        description = {
            "Lets the rules and overrides of FILE count, and no others; shows the difference first.",
            "What FILE does not mention stays as it is. The same file again changes nothing."
        },
        mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description =
                    "YAML or JSON: rules: [{name: .., when: .., ...}], overrides: [{table: .., pins:"
                            + " {..}, reason: ..}]")
    private @SuppressWarnings("NullAway.Init") Path file;

    @Option(names = "--dry-run", description = "show the difference only")
    private boolean dryRun;

    @Mixin private ControlOption control = new ControlOption();

    @Override
    public Integer call() {
        String declaration = RulesFile.json(file);
        return control.answer(client -> apply(client, declaration), this::lines);
    }

    /** Exactly the difference that is shown is applied, or nothing. */
    private Answer apply(ControlClient client, String declaration) {
        Answer difference = client.difference(declaration);
        return dryRun || difference.rows("changes", "what").isEmpty()
                ? difference
                : client.declare(declaration, difference.tag());
    }

    private List<String> lines(Answer answer) {
        List<List<String>> changes =
                answer.rows("changes", "change", "what", "name", "before", "after");
        if (changes.isEmpty()) {
            return List.of("nothing to change");
        }
        List<String> lines = new ArrayList<>();
        for (List<String> change : changes) {
            lines.add("%s %s %s".formatted(change.get(1), change.get(2), change.get(0)));
            if (!change.get(3).isEmpty()) {
                lines.add("  - " + change.get(3).replace('\n', ','));
            }
            if (!change.get(4).isEmpty()) {
                lines.add("  + " + change.get(4).replace('\n', ','));
            }
        }
        if (answer.text("applied").equals("true")) {
            List<String> changed = answer.texts("changed");
            lines.add(
                    changed.isEmpty()
                            ? "applied"
                            : "applied; rules changed how these are replicated: "
                                    + String.join(", ", changed));
        } else {
            lines.add("not applied");
        }
        return lines;
    }
}
