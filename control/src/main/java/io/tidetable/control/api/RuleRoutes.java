package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.ControlRepresentation.Applied;
import io.tidetable.control.api.ControlRepresentation.Rules;
import io.tidetable.control.api.ControlRepresentation.TrialLine;
import io.tidetable.control.api.ControlRepresentation.Trials;
import io.tidetable.control.classify.RuleException;
import io.tidetable.control.document.RulesDocument;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.store.StaleVersionException;
import io.tidetable.control.store.StoredRules;
import io.tidetable.model.schema.ClassificationRule;
import java.util.List;
import java.util.function.Supplier;

/** Classification rules: those that count, what others would do, and applying others. */
final class RuleRoutes {
    private static final String ROOT = "/api/v1/rules";

    private final ControlPlane control;

    RuleRoutes(ControlPlane control) {
        this.control = control;
    }

    void register(RoutesConfig routes) {
        routes.get(ROOT, this::current, Right.LOOK);
        routes.put(ROOT, this::apply, Right.GOVERN);
        routes.post(ROOT + "/test", this::test, Right.LOOK);
    }

    private void current(Context context) {
        StoredRules rules = control.rules();
        ControlRequests.tag(context, rules.version());
        ApiServer.json(context, Rules.of(rules, control.fixedRules()));
    }

    private void test(Context context) {
        List<ClassificationRule> rules = rules(context);
        ApiServer.json(
                context,
                new Trials(
                        understood(() -> control.test(rules)).stream()
                                .map(TrialLine::of)
                                .toList()));
    }

    private void apply(Context context) {
        List<ClassificationRule> rules = rules(context);
        long from = ControlRequests.ifMatch(context);
        StoredRules now = control.rules();
        if (now.version() != from) {
            throw new StaleVersionException("the list of rules", from);
        }
        List<String> changed =
                understood(() -> control.apply(now, rules, ControlRequests.author(context)))
                        .stream()
                        .map(Object::toString)
                        .toList();
        StoredRules saved = control.rules();
        ControlRequests.tag(context, saved.version());
        ApiServer.json(context, new Applied(saved.version(), changed));
    }

    private static List<ClassificationRule> rules(Context context) {
        RulesDocument document = ControlRequests.body(context, RulesDocument.class);
        if (document.rules() == null) {
            throw ApiException.badRequest("'rules' is missing; an empty list takes all away");
        }
        return ControlRequests.checked(document::parsed);
    }

    private static <T> T understood(Supplier<T> answer) {
        try {
            return answer.get();
        } catch (RuleException e) {
            throw new ApiException(400, e.code(), String.valueOf(e.getMessage()));
        }
    }
}
