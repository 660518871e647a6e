package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.ControlRepresentation.Explained;
import io.tidetable.control.api.ControlRepresentation.History;
import io.tidetable.control.api.ControlRepresentation.Schema;
import io.tidetable.control.api.ControlRepresentation.Schemas;
import io.tidetable.control.api.ControlRepresentation.Sharded;
import io.tidetable.control.api.ControlRepresentation.Shards;
import io.tidetable.control.api.ControlRepresentation.Version;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.store.Key;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride.InForce;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How tables are replicated: what is in force, its versions, and why. */
final class SchemaRoutes {
    private static final String ROOT = "/api/v1/replication-schemas";

    private final ControlPlane control;
    private final PipelineView pipeline;

    SchemaRoutes(ControlPlane control, PipelineView pipeline) {
        this.control = control;
        this.pipeline = pipeline;
    }

    void register(RoutesConfig routes) {
        routes.get(ROOT, this::all, Right.LOOK);
        routes.get("/api/v1/shards", this::shards, Right.LOOK);
        routes.get(ROOT + "/{name}", this::one, Right.LOOK);
        routes.get(ROOT + "/{name}/history", this::history, Right.LOOK);
        routes.post(ROOT + "/{name}/rollback", this::rollBack, Right.STEER);
        routes.get(ROOT + "/{name}/explanation", this::explain, Right.LOOK);
    }

    private void all(Context context) {
        Page<InForce> page = page(context);
        ApiServer.json(
                context, new Schemas(page.items().stream().map(Schema::of).toList(), page.next()));
    }

    private void shards(Context context) {
        Page<InForce> page = page(context);
        ApiServer.json(
                context, new Shards(page.items().stream().map(Sharded::of).toList(), page.next()));
    }

    private Page<InForce> page(Context context) {
        String destination = context.queryParam("destination");
        return Page.of(
                context,
                control.inForce().stream()
                        .filter(it ->
                                destination == null
                                        || it.schema().destination().name().equals(destination)),
                SchemaRoutes::cursor,
                ControlRequests.USUAL_PAGE);
    }

    private static String cursor(InForce each) {
        TableId table = each.schema().table();
        return String.join(
                Page.BETWEEN, table.namespace(), table.name(), each.schema().destination().name());
    }

    private void one(Context context) {
        Key key = ControlRequests.key(control, context);
        InForce found = control.inForce(key);
        ControlRequests.tag(context, found.schema().version());
        ApiServer.json(context, Schema.of(found));
    }

    private void history(Context context) {
        Key key = ControlRequests.key(control, context);
        long before = ControlRequests.number(context, "before", Long.MAX_VALUE, 1, Long.MAX_VALUE);
        ApiServer.json(
                context,
                new History(
                        control
                                .versions()
                                .history(key, before, ControlRequests.limit(context))
                                .stream()
                                .map(Version::of)
                                .toList()));
    }

    /** What a rollback takes. */
    record RollbackRequest(@Nullable Long version, @Nullable String reason) {}

    private void rollBack(Context context) {
        RollbackRequest wanted = ControlRequests.body(context, RollbackRequest.class);
        if (wanted.version() == null || wanted.reason() == null || wanted.reason().isBlank()) {
            throw ApiException.badRequest("a rollback takes 'version' and 'reason'");
        }
        Key key = ControlRequests.key(control, context);
        control.versions()
                .rollBack(
                        key,
                        ControlRequests.ifMatch(context),
                        wanted.version(),
                        wanted.reason(),
                        ControlRequests.author(context));
        one(context);
    }

    /** What is carried of the table now, beside what shall be. */
    private List<String> now(ReplicationSchema wanted) {
        return pipeline.status().destinations().stream()
                .filter(it -> it.id().equals(wanted.destination()))
                .flatMap(it -> it.tables().stream())
                .filter(it -> it.table().equals(wanted.table()))
                .flatMap(it -> Stream.concat(Stream.of(sentence(it)), otherwise(it, wanted)))
                .toList();
    }

    /** What of the schema in force is not followed while the process runs. */
    private static Stream<String> otherwise(TableStatus table, ReplicationSchema wanted) {
        List<String> sentences = new ArrayList<>();
        if (table.track() != wanted.track() && table.move() == null) {
            sentences.add(
                    "It rides the %s track; it goes to %s by itself as soon as it has been calm for a while, where tables move by themselves, and 'tidetable track %s %s' moves it at once."
                            .formatted(
                                    table.track().label(),
                                    wanted.track().label(),
                                    table.table(),
                                    wanted.track().label()));
        }
        if (!table.consistency().equals(wanted.consistency())) {
            sentences.add(
                    "Its consistency is %s until the next start."
                            .formatted(table.consistency().label()));
        }
        return sentences.stream();
    }

    private static String sentence(TableStatus table) {
        Strategy next = table.strategy().next();
        return "Now it is %s; its rows are %s%s; %d bytes of changes wait%s."
                .formatted(
                        table.state().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        table.strategy().freshness(),
                        next == null ? "" : ", and a merge is bringing " + next.describe(),
                        table.backlogBytes(),
                        table.quarantined() == 0
                                ? ""
                                : "; %d were refused and stand in quarantine"
                                        .formatted(table.quarantined()));
    }

    private void explain(Context context) {
        TableId table =
                ControlRequests.named(
                                control,
                                context.pathParam("name"),
                                context.queryParam("destination"))
                        .getFirst()
                        .schema()
                        .table();
        String destination = context.queryParam("destination");
        ApiServer.json(
                context,
                new ControlRepresentation.Explanations(
                        control.versions().explain(table).stream()
                                .map(it -> Explained.of(it, now(it.inForce().schema())))
                                .filter(it ->
                                        destination == null || it.destination().equals(destination))
                                .toList()));
    }
}
