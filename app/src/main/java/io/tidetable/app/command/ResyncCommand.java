package io.tidetable.app.command;

import io.tidetable.control.api.PipelineView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidetable resync TABLE}. */
@Command(
        name = "resync",
        description = "Compares a table with the source and mends it, while it stays readable.",
        mixinStandardHelpOptions = true)
final class ResyncCommand implements Callable<Integer> {
    @Mixin private TableAction action = new TableAction();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    @Override
    public Integer call() {
        return action.carryOut(
                spec.commandLine().getOut(),
                "being compared and mended; 'tidetable table' shows when it is done",
                PipelineView::resync);
    }
}
