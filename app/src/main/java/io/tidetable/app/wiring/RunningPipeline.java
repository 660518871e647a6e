package io.tidetable.app.wiring;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.StatedTables;
import io.tidetable.control.api.ApiServer;
import io.tidetable.control.api.PipelineView;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.plane.Replicated;
import io.tidetable.control.store.ConnectionSource;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.pipeline.Replication;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A pipeline in this process: it holds its data folder, and may be served over HTTP. */
public final class RunningPipeline implements AutoCloseable {
    private final DataDirectory directory;
    private final ControlPlane control;
    private final Replication pipeline;
    private final PipelineView view;
    private final Set<String> settledFunctions;
    private @Nullable ApiServer server;
    private boolean prepared;

    public RunningPipeline(Settings settings, DataDirectory directory) {
        this(settings, directory, Faults.NONE);
    }

    /** One that fails at the places that are named, for tests. */
    RunningPipeline(Settings settings, DataDirectory directory, Faults faults) {
        this.directory = directory;
        this.control =
                new ControlPlane(
                        new MetadataStore(settings.metadata()::connect, settings.name()),
                        replicated(settings),
                        settings.classification(),
                        InstantSource.system());
        this.pipeline =
                new Replication(
                        settings.pipeline(directory.path()),
                        control,
                        faults,
                        InstantSource.system());
        this.view = new LocalPipelineView(pipeline, control::inForce);
        this.settledFunctions =
                settings.functions().stream()
                        .map(FunctionDeclaration::name)
                        .collect(Collectors.toUnmodifiableSet());
    }

    private static Replicated replicated(Settings settings) {
        Map<DestinationId, ConnectionSource> destinations = new LinkedHashMap<>();
        settings.destinations().forEach(it -> destinations.put(it.id(), it.database()::connect));
        return new Replicated(
                settings.source()::connect,
                destinations,
                StatedTables.of(settings.stated()),
                settings.rules());
    }

    /**
     * Begins to read what {@link #prepare} needs, while the caller checks both sides. Changes
     * nothing anywhere.
     */
    public void readAhead() {
        control.readAhead();
    }

    /**
     * Takes the data folder and decides how each table is replicated. From then on it may be
     * served.
     */
    public void prepare() {
        if (!prepared) {
            directory.lock();
            control.start();
            prepared = true;
        }
    }

    /** Starts to replicate. The caller has checked both sides. */
    public void start() {
        prepare();
        LocalFunctions functions = new LocalFunctions(pipeline, settledFunctions);
        functions.use(control.functions().all());
        pipeline.start();
        control.follow(pipeline::follow, functions);
    }

    /** What decides how tables are replicated. */
    public ControlPlane control() {
        return control;
    }

    /**
     * Serves it over HTTP and writes the address into the data folder.
     *
     * @return the address
     */
    public String serve(Settings.Api api) {
        ApiServer started = new ApiServer(view, control, api.listening());
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
                pipeline;
                control) {
            if (served != null) {
                served.close();
            }
        }
    }
}
