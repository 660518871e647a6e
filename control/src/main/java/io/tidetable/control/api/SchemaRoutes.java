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
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride.InForce;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.StrategyStatus;
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
                .flatMap(it ->
                        Stream.of(Stream.of(sentence(it)), note(it), otherwise(it, wanted))
                                .flatMap(each -> each))
                .toList();
    }

    /** Why it stands still, where it says so. */
    private static Stream<String> note(TableStatus table) {
        String message = table.message();
        return message == null || message.equals(table.strategy().freshness())
                ? Stream.empty()
                : Stream.of("It says: " + message + ".");
    }

    /** Where it is not, or not yet, as the schema in force says; and over how many lanes it is. */
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
        Consistency ordered = wanted.ordered();
        if (!table.consistency().equals(ordered)) {
            sentences.add(
                    isOwnLane(ordered) && isOwnLane(table.consistency())
                            ? "It has the lanes of consistency %s until they can be led to one place; the log says what keeps them from it."
                                    .formatted(table.consistency().label())
                            : "Its consistency is %s until the next start."
                                    .formatted(table.consistency().label()));
        } else if (ordered instanceof Consistency.Key(int lanes)) {
            sentences.add("Its changes are spread over %d lanes by key.".formatted(lanes));
        }
        Long breakEven = table.strategy().breakEvenChanges();
        if (breakEven != null) {
            sentences.add(
                    "One refresh of it costs as much as %d of its changes, by what both took here: where more come between two refreshes, strategy full is the cheaper way."
                            .formatted(breakEven));
        }
        StrategyStatus.Refreshing refreshing = table.strategy().refreshing();
        if (refreshing != null && refreshing.reason() != null) {
            sentences.add(
                    "It is refreshed every %s s: %s."
                            .formatted(
                                    refreshing.cadence().toMillis() / 1000.0, refreshing.reason()));
        }
        return sentences.stream();
    }

    private static boolean isOwnLane(Consistency consistency) {
        return switch (consistency) {
            case Consistency.Table(), Consistency.Key _ -> true;
            case Consistency.Group _, Consistency.Strict() -> false;
        };
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
