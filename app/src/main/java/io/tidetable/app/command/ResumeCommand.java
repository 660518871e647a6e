package io.tidetable.app.command;

import io.tidetable.control.api.PipelineView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidetable resume TABLE}. */
@Command(
        name = "resume",
        description = "Goes on with a table that was paused, or that failed.",
        mixinStandardHelpOptions = true)
final class ResumeCommand implements Callable<Integer> {
    @Mixin private TableAction action = new TableAction();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    @Override
    public Integer call() {
        return action.carryOut(spec.commandLine().getOut(), "goes on", PipelineView::resume);
    }
}
