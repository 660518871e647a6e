package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.status.PipelineStatus;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/** Waiting until tables of a destination hold everything up to a position: read your own writes. */
final class WaitRoutes {
    private static final long LONGEST_MS = Duration.ofHours(1).toMillis();

    private final PipelineView pipeline;

    WaitRoutes(PipelineView pipeline) {
        this.pipeline = pipeline;
    }

    void register(RoutesConfig routes) {
        routes.get("/api/v1/position", this::position, Right.LOOK);
        routes.get("/api/v1/wait", this::await, Right.LOOK);
    }

    private void position(Context context) {
        ApiServer.json(context, new PositionRepresentation(pipeline.sourcePosition().toString()));
    }

    private void await(Context context) throws InterruptedException {
        PipelineStatus status = pipeline.status();
        DestinationId destination = Requests.destination(status, context.queryParam("destination"));
        Set<TableId> tables = Requests.tables(status, context.queryParams("table"));
        Duration limit =
                limit(Objects.requireNonNullElse(context.queryParam("timeout_ms"), "30000"));
        String asked = Objects.requireNonNullElse(context.queryParam("position"), "now");
        Lsn position = asked.equals("now") ? pipeline.sourcePosition() : Requests.position(asked);
        boolean complete = pipeline.awaitComplete(destination, tables, position, limit);
        ApiServer.json(context, new WaitRepresentation(complete, position.toString()));
    }

    private static Duration limit(String milliseconds) {
        if (milliseconds.matches("\\d{1,9}") && Long.parseLong(milliseconds) <= LONGEST_MS) {
            return Duration.ofMillis(Long.parseLong(milliseconds));
        }
        throw ApiException.badRequest(
                "timeout_ms takes 0 to %d milliseconds, got '%s'"
                        .formatted(LONGEST_MS, milliseconds));
    }

    /** The source's write position. */
    record PositionRepresentation(String position) {}
}
