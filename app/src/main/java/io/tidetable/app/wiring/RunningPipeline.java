package io.tidetable.app.wiring;

import io.tidetable.app.settings.Settings;
import io.tidetable.control.api.ApiServer;
import io.tidetable.control.api.PipelineView;
import io.tidetable.model.TidetableException;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.pipeline.Pipeline;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pipeline in this process: it holds its data folder, and may be served over HTTP. */
public final class RunningPipeline implements AutoCloseable {
    private final DataDirectory directory;
    private final Pipeline pipeline;
    private final PipelineView view;
    private @Nullable ApiServer server;

    public RunningPipeline(Settings settings, DataDirectory directory) {
        this.directory = directory;
        this.pipeline = new Pipeline(settings.pipeline(directory.path()), Faults.NONE);
        this.view = new LocalPipelineView(pipeline);
    }

    /** Takes the data folder and starts to replicate. The caller has checked both sides. */
    public void start() {
        directory.lock();
        pipeline.start();
    }

    /**
     * Serves it over HTTP and writes the address into the data folder.
     *
     * @return the address
     */
    public String serve(String host, int port) {
        ApiServer started = new ApiServer(view, host, port);
        started.start();
        server = started;
        directory.publish(started.url());
        return started.url();
    }

    public PipelineView view() {
        return view;
    }

    /** What ended it, when something did. */
    public Optional<TidetableException> failure() {
        return pipeline.failure();
    }

    @Override
    public void close() {
        ApiServer served = server;
        server = null;
        try (directory;
                pipeline) {
            if (served != null) {
                served.close();
            }
        }
    }
}
