package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.PipelineRepresentation.OfTable;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableStatus;
import java.util.List;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tables: what there is to know about them, and pausing, resuming, mending and moving them. */
final class TableRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(TableRoutes.class);

    private final PipelineView pipeline;

    TableRoutes(PipelineView pipeline) {
        this.pipeline = pipeline;
    }

    void register(RoutesConfig routes) {
        routes.get("/api/v1/tables", this::all, Right.LOOK);
        routes.get("/api/v1/tables/{name}", this::one, Right.LOOK);
        routes.post(
                "/api/v1/tables/{name}/pause",
                context -> act(context, "pause", pipeline::pause),
                Right.STEER);
        routes.post(
                "/api/v1/tables/{name}/resume",
                context -> act(context, "resume", pipeline::resume),
                Right.STEER);
        routes.post(
                "/api/v1/tables/{name}/resync",
                context -> act(context, "resync", pipeline::resync),
                Right.STEER);
        routes.post("/api/v1/tables/{name}/track/{track}", this::move, Right.STEER);
    }

    private void all(Context context) {
        Page<Entry> page =
                Page.of(
                        context,
                        Requests.destinations(pipeline.status(), context.queryParam("destination"))
                                .stream()
                                .flatMap(d -> d.tables().stream().map(t -> new Entry(d.id(), t))),
                        Entry::cursor,
                        ControlRequests.LARGEST_PAGE);
        ApiServer.json(
                context,
                new PipelineRepresentation.Tables(
                        page.items().stream()
                                .map(it -> OfTable.of(it.destination(), it.table()))
                                .toList(),
                        page.next()));
    }

    /** A table at a destination. */
    private record Entry(DestinationId destination, TableStatus table) {
        String cursor() {
            return String.join(
                    Page.BETWEEN,
                    destination.name(),
                    table.table().namespace(),
                    table.table().name());
        }
    }

    private void one(Context context) {
        PipelineStatus status = pipeline.status();
        answer(context, status, Requests.table(status, context.pathParam("name")));
    }

    private void act(Context context, String verb, BiConsumer<DestinationId, TableId> what) {
        PipelineStatus status = pipeline.status();
        TableId table = Requests.table(status, context.pathParam("name"));
        for (DestinationStatus destination :
                Requests.destinations(status, context.queryParam("destination"))) {
            what.accept(destination.id(), table);
            LOG.info("{} of {} at {} was asked for", verb, table, destination.id());
        }
        answer(context, pipeline.status(), table);
    }

    private void move(Context context) {
        TableId table = Requests.table(pipeline.status(), context.pathParam("name"));
        Track track = Requests.track(context.pathParam("track"));
        LOG.info("a move of {} to {} was asked for", table, track.label());
        pipeline.move(table, track);
        answer(context, pipeline.status(), table);
    }

    private static void answer(Context context, PipelineStatus status, TableId table) {
        List<OfTable> here =
                Requests.destinations(status, context.queryParam("destination")).stream()
                        .flatMap(d -> tables(d).stream())
                        .filter(t -> t.table().equals(table.toString()))
                        .toList();
        ApiServer.json(context, new PipelineRepresentation.OneTable(table.toString(), here));
    }

    private static List<OfTable> tables(DestinationStatus destination) {
        return destination.tables().stream().map(t -> OfTable.of(destination.id(), t)).toList();
    }
}
