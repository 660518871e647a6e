package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.wiring.Checks;
import io.tidetable.node.check.Finding;
import io.tidetable.node.check.Preflight;
import io.tidetable.node.check.Severity;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidetable check}. */
@Command(
        name = "check",
        description = {
            "Looks at the source and the destinations before anything is done to them.",
            "Each problem comes with the sentence that fixes it; an error would stop 'run', or set"
                    + " a table aside that cannot be created; a warning would not."
        },
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
    @Mixin private SettingsOption settings = new SettingsOption();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    private final Surroundings surroundings;

    CheckCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        Logging.quiet();
        Settings read = settings.read(surroundings);
        List<Finding> findings = Checks.of(read);
        PrintWriter out = spec.commandLine().getOut();
        findings.forEach(finding -> out.println(finding.line()));
        if (!Preflight.refuses(findings)) {
            out.println(
                    findings.stream().allMatch(finding -> finding.severity() == Severity.INFO)
                            ? "ok: source and destinations are ready"
                            : "ok: 'run' would start; read the warnings first");
        }
        out.flush();
        Checks.refuseOnError(findings);
        return CommandOutcome.DONE;
    }
}
