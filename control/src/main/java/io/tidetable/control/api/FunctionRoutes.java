package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.document.FunctionDocument;
import io.tidetable.control.plane.DeclaredFunctions;
import io.tidetable.control.store.StoredFunction;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Functions downstream that are declared while the pipeline runs. */
final class FunctionRoutes {
    private static final String ROOT = "/api/v1/functions";
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,62}");

    private final DeclaredFunctions functions;

    FunctionRoutes(DeclaredFunctions functions) {
        this.functions = functions;
    }

    void register(RoutesConfig routes) {
        routes.get(ROOT, this::all, Right.LOOK);
        routes.get(ROOT + "/{name}", this::one, Right.LOOK);
        routes.put(ROOT + "/{name}", this::declare, Right.GOVERN);
        routes.delete(ROOT + "/{name}", this::drop, Right.GOVERN);
    }

    record Functions(List<Function> functions, @Nullable String next) {}

    record Function(
            String name, long version, FunctionDocument function, String author, Instant at) {
        static Function of(StoredFunction it) {
            return new Function(it.name(), it.version(), it.function(), it.author(), it.at());
        }
    }

    private void all(Context context) {
        Page<StoredFunction> page =
                Page.of(
                        context,
                        functions.all().stream(),
                        StoredFunction::name,
                        ControlRequests.USUAL_PAGE);
        ApiServer.json(
                context,
                new Functions(page.items().stream().map(Function::of).toList(), page.next()));
    }

    private void one(Context context) {
        StoredFunction found = found(context.pathParam("name"));
        ControlRequests.tag(context, found.version());
        ApiServer.json(context, Function.of(found));
    }

    private StoredFunction found(String name) {
        return functions.all().stream()
                .filter(it -> it.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        ApiException.notFound(
                                "TT-605",
                                "there is no function '%s' that was declared here; GET /api/v1/functions lists them, the settings may have others"
                                        .formatted(name)));
    }

    private void declare(Context context) {
        String name = context.pathParam("name");
        if (!NAME.matcher(name).matches()) {
            throw ApiException.badRequest(
                    "a function's name takes up to 63 letters, digits, '_', '-' and '.', got '"
                            + name
                            + "'");
        }
        FunctionDocument function =
                ControlRequests.checked(
                        ControlRequests.body(context, FunctionDocument.class)::checked);
        long from = ControlRequests.ifMatch(context);
        functions.declare(name, from, function, ControlRequests.author(context));
        one(context);
    }

    private void drop(Context context) {
        long from = ControlRequests.ifMatch(context);
        StoredFunction known = found(context.pathParam("name"));
        functions.drop(known.name(), from, ControlRequests.author(context));
        ApiServer.json(context, Function.of(known));
    }
}
