package io.tidetable.app.command;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.wiring.Checks;
import io.tidetable.app.wiring.DataDirectory;
import io.tidetable.app.wiring.RunningPipeline;
import io.tidetable.control.api.ApiClient;
import io.tidetable.control.api.PipelineView;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline of a settings file, for one question: the one that runs already where there is one,
 * otherwise one that runs in this process until the question is answered.
 */
final class LocalPipeline implements AutoCloseable {
    private final PipelineView view;
    private final AutoCloseable closing;
    private final @Nullable RunningPipeline own;

    private LocalPipeline(PipelineView view, AutoCloseable closing, @Nullable RunningPipeline own) {
        this.view = view;
        this.closing = closing;
        this.own = own;
    }

    static LocalPipeline open(Settings settings, DataDirectory directory) {
        Optional<String> running = directory.runningAt();
        if (running.isPresent()) {
            ApiClient client = new ApiClient(running.get(), new TokenOption().token());
            return new LocalPipeline(client, client, null);
        }
        Checks.refuseOnError(settings);
        RunningPipeline started = new RunningPipeline(settings, directory);
        try {
            started.start();
            return new LocalPipeline(started.view(), started, started);
        } catch (RuntimeException e) {
            started.close();
            throw e;
        }
    }

    PipelineView view() {
        return view;
    }

    /**
     * Throws what ended it.
     *
     * @throws io.tidetable.model.TidetableException when something did
     */
    void refuseFailure() {
        if (own != null) {
            own.failure()
                    .ifPresent(failure -> {
                        throw failure;
                    });
        }
    }

    @Override
    public void close() {
        try {
            closing.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
