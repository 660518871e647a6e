package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.ControlRepresentation.Audit;
import io.tidetable.control.api.ControlRepresentation.AuditLine;
import io.tidetable.control.api.ControlRepresentation.Overrides;
import io.tidetable.control.document.OverrideDocument;
import io.tidetable.control.document.PinsDocument;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.Pins;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Overrides, and the audit of everything that was changed. */
final class OverrideRoutes {
    private static final String ROOT = "/api/v1/overrides";

    private final ControlPlane control;

    OverrideRoutes(ControlPlane control) {
        this.control = control;
    }

    void register(RoutesConfig routes) {
        routes.get(ROOT, this::all, Right.LOOK);
        routes.post(ROOT, this::set, Right.STEER);
        routes.delete(ROOT + "/{number}", this::end, Right.STEER);
        routes.get("/api/v1/audit", this::audit, Right.LOOK);
    }

    private void all(Context context) {
        long before = ControlRequests.number(context, "before", Long.MAX_VALUE, 1, Long.MAX_VALUE);
        ApiServer.json(
                context,
                new Overrides(
                        control
                                .store()
                                .overrides()
                                .all(before, ControlRequests.limit(context))
                                .stream()
                                .map(OverrideDocument::of)
                                .toList()));
    }

    /** What setting an override takes. */
    record OverrideRequest(
            @Nullable String table,
            @Nullable String destination,
            @Nullable PinsDocument pins,
            @Nullable String reason,
            @Nullable Instant until) {}

    private void set(Context context) {
        OverrideRequest wanted = ControlRequests.body(context, OverrideRequest.class);
        if (wanted.table() == null || wanted.pins() == null || wanted.reason() == null) {
            throw ApiException.badRequest("an override takes 'table', 'pins' and 'reason'");
        }
        Pins pins = ControlRequests.checked(wanted.pins()::pins);
        TableId table =
                ControlRequests.named(control, wanted.table(), wanted.destination())
                        .getFirst()
                        .schema()
                        .table();
        SchemaOverride set =
                control.overrides()
                        .set(
                                table,
                                wanted.destination() == null
                                        ? null
                                        : new DestinationId(wanted.destination()),
                                pins,
                                wanted.reason(),
                                ControlRequests.author(context),
                                wanted.until());
        context.status(201);
        ApiServer.json(context, OverrideDocument.of(set));
    }

    private void end(Context context) {
        long number =
                ControlRequests.number(
                        "an override's number", context.pathParam("number"), 1, Long.MAX_VALUE);
        ApiServer.json(
                context,
                OverrideDocument.of(
                        control.overrides().end(number, ControlRequests.author(context))));
    }

    private void audit(Context context) {
        long before = ControlRequests.number(context, "before", Long.MAX_VALUE, 1, Long.MAX_VALUE);
        ApiServer.json(
                context,
                new Audit(
                        control
                                .store()
                                .audit()
                                .entries(
                                        context.queryParam("subject"),
                                        before,
                                        ControlRequests.limit(context))
                                .stream()
                                .map(AuditLine::of)
                                .toList()));
    }
}
