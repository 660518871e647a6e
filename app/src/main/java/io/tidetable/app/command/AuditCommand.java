package io.tidetable.app.command;

import io.tidetable.app.terminal.TextTable;
import io.tidetable.control.api.ControlClient;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidetable audit}. */
@Command(
        name = "audit",
        description = "Shows who changed what, when and why, the newest first.",
        mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {
    @Option(
            names = "--subject",
            paramLabel = "NAME",
            description = "only changes of this: a table as schema.table, or rules")
    private @Nullable String subject;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "at most so many (default: ${DEFAULT-VALUE})")
    private int limit = 50;

    @Mixin private ControlOption control = new ControlOption();

    @Override
    public Integer call() {
        return control.answer(client -> client.audit(subject, limit), AuditCommand::lines);
    }

    private static List<String> lines(ControlClient.Answer answer) {
        return new TextTable()
                .left("at")
                .left("by")
                .left("what")
                .left("of")
                .left("why")
                .rows(answer.rows("entries", "at", "author", "action", "subject", "reason"))
                .lines();
    }
}
