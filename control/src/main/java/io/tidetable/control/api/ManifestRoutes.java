package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.ManifestRepresentation.Manifests;
import io.tidetable.control.api.ManifestRepresentation.Progress;
import io.tidetable.control.api.ManifestRepresentation.State;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Manifests: what the first copies of tables consist of, and how far they are. */
final class ManifestRoutes {
    private final PipelineView pipeline;

    ManifestRoutes(PipelineView pipeline) {
        this.pipeline = pipeline;
    }

    void register(RoutesConfig routes) {
        routes.get("/api/v1/manifests", this::all, Right.LOOK);
        routes.get("/api/v1/tables/{name}/manifest", this::one, Right.LOOK);
    }

    private void all(Context context) {
        PipelineStatus status = pipeline.status();
        String name = context.queryParam("table");
        TableId table = name == null ? null : Requests.table(status, name);
        State state = state(context.queryParam("state"));
        Page<Progress> page =
                Page.of(
                        context,
                        Requests.destinations(status, context.queryParam("destination")).stream()
                                .map(DestinationStatus::id)
                                .flatMap(there ->
                                        pipeline.manifests(there).stream()
                                                .filter(it ->
                                                        table == null || it.table().equals(table))
                                                .map(it -> Progress.of(there, it)))
                                .filter(it -> state == null || it.state() == state),
                        Progress::cursor,
                        ControlRequests.USUAL_PAGE);
        ApiServer.json(context, new Manifests(page.items(), page.next()));
    }

    private static @Nullable State state(@Nullable String written) {
        if (written == null) {
            return null;
        }
        return Arrays.stream(State.values())
                .filter(it -> it.label().equals(written))
                .findFirst()
                .orElseThrow(() ->
                        ApiException.badRequest(
                                "state takes %s, got '%s'"
                                        .formatted(
                                                Arrays.stream(State.values())
                                                        .map(State::label)
                                                        .collect(Collectors.joining(" or ")),
                                                written)));
    }

    private void one(Context context) {
        PipelineStatus status = pipeline.status();
        DestinationId there = Requests.destination(status, context.queryParam("destination"));
        TableId table = Requests.table(status, context.pathParam("name"));
        ApiServer.json(context, ManifestRepresentation.of(there, pipeline.manifest(there, table)));
    }
}
