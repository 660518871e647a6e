package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.ControlRepresentation.DeclarationOutcome;
import io.tidetable.control.classify.RuleException;
import io.tidetable.control.document.DeclarationDocument;
import io.tidetable.control.document.RulesDocument;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.plane.DeclaredChange;
import io.tidetable.control.plane.DeclaredChange.Wanted;
import io.tidetable.control.store.DeclaredStore.Declared;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Rules and overrides as a whole: what is declared, what another declaration would change. */
final class DeclarationRoutes {
    private static final String ROOT = "/api/v1/declaration";

    private final ControlPlane control;

    DeclarationRoutes(ControlPlane control) {
        this.control = control;
    }

    void register(RoutesConfig routes) {
        routes.get(ROOT, this::current, Right.LOOK);
        routes.put(ROOT, this::replace, Right.GOVERN);
        routes.post(ROOT + "/difference", this::difference, Right.LOOK);
    }

    private void current(Context context) {
        Declared declared = control.declarations().current();
        ControlRequests.tag(context, declared.tag());
        ApiServer.json(
                context, DeclarationDocument.of(declared.rules().rules(), declared.overrides()));
    }

    private void difference(Context context) {
        Wanted wanted = wanted(context);
        Declared declared = control.declarations().current();
        List<DeclaredChange> changes =
                understood(() -> control.declarations().difference(declared, wanted));
        ControlRequests.tag(context, declared.tag());
        ApiServer.json(context, DeclarationOutcome.of(changes, false, Set.of()));
    }

    private void replace(Context context) {
        Wanted wanted = wanted(context);
        String tag = ControlRequests.ifMatchTag(context);
        Declared before = control.declarations().current();
        List<DeclaredChange> changes =
                understood(() -> control.declarations().difference(before, wanted));
        Set<?> changed =
                understood(() ->
                        control.declarations()
                                .declare(wanted, tag, ControlRequests.author(context)));
        ControlRequests.tag(context, control.declarations().current().tag());
        ApiServer.json(context, DeclarationOutcome.of(changes, true, changed));
    }

    private Wanted wanted(Context context) {
        DeclarationDocument document = ControlRequests.body(context, DeclarationDocument.class);
        if (document.rules() == null && document.overrides() == null) {
            throw ApiException.badRequest(
                    "a declaration has 'rules', 'overrides' or both; an empty list takes all away");
        }
        return new Wanted(
                document.rules() == null
                        ? null
                        : ControlRequests.checked(new RulesDocument(document.rules())::parsed),
                document.overrides() == null
                        ? null
                        : overrides(document.overrides(), ControlRequests.author(context)));
    }

    /** An override whose time is over says nothing; any other mistake is the caller's. */
    private List<SchemaOverride> overrides(
            List<DeclarationDocument.Pinned> written, String author) {
        List<SchemaOverride> overrides = new ArrayList<>();
        Instant now = Instant.now();
        for (DeclarationDocument.Pinned each : written) {
            if (each.table() == null) {
                throw ApiException.badRequest("an override takes 'table', 'pins' and 'reason'");
            }
            if (each.until() != null && !each.until().isAfter(now)) {
                continue;
            }
            TableId table =
                    ControlRequests.named(control, each.table(), each.destination())
                            .getFirst()
                            .schema()
                            .table();
            overrides.add(ControlRequests.checked(() -> each.override(table, author, now)));
        }
        return overrides;
    }

    private static <T> T understood(Supplier<T> answer) {
        try {
            return answer.get();
        } catch (RuleException e) {
            throw new ApiException(400, e.code(), String.valueOf(e.getMessage()));
        }
    }
}
