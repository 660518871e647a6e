package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.ControlRepresentation.Applied;
import io.tidetable.control.api.ControlRepresentation.Rules;
import io.tidetable.control.api.ControlRepresentation.TrialLine;
import io.tidetable.control.api.ControlRepresentation.Trials;
import io.tidetable.control.classify.RuleException;
import io.tidetable.control.document.RulesDocument;
import io.tidetable.control.plane.RuleDesk;
import io.tidetable.control.store.StaleVersionException;
import io.tidetable.control.store.StoredRules;
import io.tidetable.model.schema.ClassificationRule;
import java.util.List;
import java.util.function.Supplier;

/** Classification rules: those that count, what others would do, and applying others. */
final class RuleRoutes {
    private static final String ROOT = "/api/v1/rules";

    private final RuleDesk rules;

    RuleRoutes(RuleDesk rules) {
        this.rules = rules;
    }

    void register(RoutesConfig routes) {
        routes.get(ROOT, this::current, Right.LOOK);
        routes.put(ROOT, this::apply, Right.GOVERN);
        routes.post(ROOT + "/test", this::test, Right.LOOK);
    }

    private void current(Context context) {
        StoredRules applied = rules.current();
        ControlRequests.tag(context, applied.version());
        ApiServer.json(context, Rules.of(applied, rules.fixed()));
    }

    private void test(Context context) {
        List<ClassificationRule> wanted = wanted(context);
        ApiServer.json(
                context,
                new Trials(
                        understood(() -> rules.test(wanted)).stream().map(TrialLine::of).toList()));
    }

    private void apply(Context context) {
        List<ClassificationRule> wanted = wanted(context);
        long from = ControlRequests.ifMatch(context);
        StoredRules now = rules.current();
        if (now.version() != from) {
            throw new StaleVersionException("the list of rules", from);
        }
        List<String> changed =
                understood(() -> rules.apply(now, wanted, ControlRequests.author(context))).stream()
                        .map(Object::toString)
                        .toList();
        StoredRules saved = rules.current();
        ControlRequests.tag(context, saved.version());
        ApiServer.json(context, new Applied(saved.version(), changed));
    }

    private static List<ClassificationRule> wanted(Context context) {
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
