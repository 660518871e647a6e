package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TrackStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The state of the whole: status, health and metrics. */
final class StatusRoutes {
    private final PipelineView pipeline;

    StatusRoutes(PipelineView pipeline) {
        this.pipeline = pipeline;
    }

    void register(RoutesConfig routes) {
        routes.get(
                "/api/v1/status",
                context -> ApiServer.json(context, PipelineRepresentation.of(pipeline.status())),
                Right.LOOK);
        routes.get(
                "/health/live",
                context -> ApiServer.json(context, new Health("live", List.of())),
                Right.NONE);
        routes.get("/health/ready", this::ready, Right.NONE);
        routes.get(
                "/metrics",
                context ->
                        context.contentType(Metrics.CONTENT_TYPE)
                                .result(Metrics.of(pipeline.status())),
                Right.LOOK);
    }

    private void ready(Context context) {
        PipelineStatus status = pipeline.status();
        if (!status.ready()) {
            context.status(503);
        }
        ApiServer.json(
                context,
                status.ready()
                        ? new Health("ready", List.of())
                        : new Health(
                                "not ready",
                                Caller.isKnown(context) ? reasons(status) : List.of()));
    }

    private static List<String> reasons(PipelineStatus status) {
        List<String> reasons = new ArrayList<>();
        for (TrackStatus track : status.tracks()) {
            if (!track.state().equals("streaming")) {
                reasons.add(
                        "track %s: %s"
                                .formatted(
                                        track.track().label(),
                                        Objects.requireNonNullElse(
                                                track.message(), track.state())));
            }
        }
        for (DestinationStatus destination : status.destinations()) {
            if (!destination.connected()) {
                reasons.add(
                        "destination %s: %s"
                                .formatted(
                                        destination.id(),
                                        Objects.requireNonNullElse(
                                                destination.message(), "not connected")));
            }
        }
        return reasons;
    }

    private record Health(String status, List<String> reasons) {}
}
