package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.QuarantineRepresentation.Changes;
import io.tidetable.control.api.QuarantineRepresentation.Discarded;
import io.tidetable.control.api.QuarantineRepresentation.Request;
import io.tidetable.control.api.QuarantineRepresentation.Table;
import io.tidetable.control.api.QuarantineRepresentation.Tables;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.status.PipelineStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes that destinations refused, and what first copies consist of. */
final class QuarantineRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(QuarantineRoutes.class);
    private static final String OF_TABLE = "/api/v1/tables/{name}/quarantine";

    private final PipelineView pipeline;

    QuarantineRoutes(PipelineView pipeline) {
        this.pipeline = pipeline;
    }

    void register(RoutesConfig routes) {
        routes.get("/api/v1/quarantine", this::tables, Right.LOOK);
        routes.get(OF_TABLE, this::list, Right.LOOK);
        routes.post(OF_TABLE + "/retry", this::retry, Right.STEER);
        routes.post(OF_TABLE + "/discard", this::discard, Right.STEER);
    }

    private void tables(Context context) {
        ApiServer.json(
                context,
                new Tables(
                        Requests.destinations(pipeline.status(), context.queryParam("destination"))
                                .stream()
                                .flatMap(there ->
                                        there.tables().stream()
                                                .filter(it -> it.quarantined() > 0)
                                                .map(it ->
                                                        new Table(
                                                                it.table().toString(),
                                                                there.id().name(),
                                                                it.quarantined())))
                                .toList()));
    }

    private void list(Context context) {
        Place place = place(context);
        ApiServer.json(
                context,
                Changes.of(
                        place.table(),
                        place.there(),
                        pipeline.quarantined(
                                place.there(), place.table(), ControlRequests.limit(context))));
    }

    private void retry(Context context) {
        Place place = place(context);
        String chain = chain(context);
        LOG.info("a retry of {} of {} at {} was asked for", chain, place.table(), place.there());
        ApiServer.json(context, pipeline.retryQuarantined(place.there(), place.table(), chain));
    }

    private void discard(Context context) {
        Place place = place(context);
        String chain = chain(context);
        LOG.info("{} of {} at {} is to be given up", chain, place.table(), place.there());
        ApiServer.json(
                context,
                new Discarded(pipeline.discardQuarantined(place.there(), place.table(), chain)));
    }

    private static String chain(Context context) {
        String chain = ControlRequests.body(context, Request.class).chain();
        if (chain == null || chain.isEmpty()) {
            throw ApiException.badRequest("'chain' is missing; GET the quarantine to see it");
        }
        return chain;
    }

    private record Place(DestinationId there, TableId table) {}

    private Place place(Context context) {
        PipelineStatus status = pipeline.status();
        return new Place(
                Requests.destination(status, context.queryParam("destination")),
                Requests.table(status, context.pathParam("name")));
    }
}
