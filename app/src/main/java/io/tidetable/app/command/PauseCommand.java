package io.tidetable.app.command;

import io.tidetable.control.api.PipelineView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidetable pause TABLE}. */
@Command(
        name = "pause",
        description = "Stops applying to a table; its changes wait in the journal.",
        mixinStandardHelpOptions = true)
final class PauseCommand implements Callable<Integer> {
    @Mixin private TableAction action = new TableAction();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    @Override
    public Integer call() {
        return action.carryOut(
                spec.commandLine().getOut(),
                "paused; its changes wait in the journal",
                PipelineView::pause);
    }
}
