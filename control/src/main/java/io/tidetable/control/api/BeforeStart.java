package io.tidetable.control.api;

import io.javalin.http.Context;
import java.util.Set;

/**
 * Refuses what cannot be answered while the pipeline starts: its tables would seem not to exist.
 */
record BeforeStart(PipelineView pipeline) {
    private static final Set<String> ANSWERED =
            Set.of(
                    "/api/v1/status",
                    "/health/live",
                    "/health/ready",
                    "/metrics",
                    "/openapi.yaml",
                    "/events");

    void check(Context context) {
        if (!pipeline.hasStarted() && !isAnswered(context.path())) {
            throw new ApiException(
                    503,
                    "TT-282",
                    "the pipeline is starting, %s is answered once it has; ask again in a moment"
                            .formatted(context.path()));
        }
    }

    private static boolean isAnswered(String path) {
        return ANSWERED.contains(path) || !(path.startsWith("/api/") || path.equals("/api"));
    }
}
