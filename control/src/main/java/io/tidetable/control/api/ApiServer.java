package io.tidetable.control.api;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.store.StaleVersionException;
import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server of a running pipeline. On a loopback address it answers only requests that were
 * meant for one; elsewhere only those that show a token. What it answers is written down in {@code
 * openapi.yaml}.
 */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final InstantSource CLOCK = InstantSource.system();
    private static final String PROBLEM_JSON = "application/problem+json";

    private final PipelineView pipeline;
    private final @Nullable ControlPlane control;
    private final Listening where;
    private final EventFeed events;
    private @Nullable Javalin running;

    /**
     * A server that is not started yet, on a loopback address and without tokens.
     *
     * @param port 0 takes any free one
     */
    public ApiServer(PipelineView pipeline, String host, int port) {
        this(pipeline, null, Listening.at(host, port));
    }

    /**
     * A server that is not started yet.
     *
     * @param control null where nothing but the pipeline itself is to be asked; tokens need it
     */
    public ApiServer(PipelineView pipeline, @Nullable ControlPlane control, Listening where) {
        this.pipeline = pipeline;
        this.control = control;
        this.where = where;
        this.events = new EventFeed(pipeline, control);
    }

    /**
     * Starts listening.
     *
     * @throws TidetableException TT-610 when the port is taken
     */
    public void start() {
        if (running != null) {
            return;
        }
        Javalin javalin = Javalin.create(this::configure);
        try {
            running = javalin.start(where.host(), where.port());
        } catch (RuntimeException e) {
            javalin.stop();
            throw new TidetableException(
                    "TT-610",
                    "the HTTP interface cannot listen on %s port %d: %s; free the port, or choose another with --port (0 takes any free one)"
                            .formatted(where.host(), where.port(), rootMessage(e)),
                    e);
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return Objects.toString(root.getMessage(), root.getClass().getSimpleName());
    }

    /** The port it listens on. */
    public int port() {
        return Objects.requireNonNull(running, "not started").port();
    }

    /** Where it is reached, without a slash at the end. */
    public String url() {
        String host = where.host();
        return "%s://%s:%d"
                .formatted(
                        where.certificate() == null ? "http" : "https",
                        host.contains(":") ? "[" + host + "]" : host,
                        port());
    }

    @Override
    public void close() {
        Javalin javalin = running;
        running = null;
        if (javalin != null) {
            events.close();
            javalin.stop();
        }
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.concurrency.useVirtualThreads = true;
        config.http.prefer405over404 = true;
        config.http.maxRequestSize = 1 << 20;
        config.jetty.modifyServer(server -> {
            server.setStopTimeout(500);
            server.setErrorHandler(new ServerErrors());
        });
        ServerCertificate certificate = where.certificate();
        if (certificate != null) {
            config.jetty.addConnector((server, http) -> certificate.connector(server, http, where));
        }
        Dashboard.serve(config.staticFiles);
        routes(config.routes);
    }

    private void routes(RoutesConfig routes) {
        if (!where.tokensRequired()) {
            routes.before(LoopbackGuard::check);
        }
        routes.before(ControlRequests::requireStorable);
        AccessGuard guard = guard();
        routes.before(guard::checkHead);
        routes.beforeMatched(guard::check);
        routes.beforeMatched(new BeforeStart(pipeline)::check);
        new StatusRoutes(pipeline).register(routes);
        new TableRoutes(pipeline).register(routes);
        new ManifestRoutes(pipeline).register(routes);
        new QuarantineRoutes(pipeline).register(routes);
        new VerificationRoutes(pipeline).register(routes);
        new WaitRoutes(pipeline).register(routes);
        ControlPlane controlled = control;
        if (controlled != null) {
            new SchemaRoutes(controlled, pipeline).register(routes);
            new RuleRoutes(controlled.rules()).register(routes);
            new OverrideRoutes(controlled).register(routes);
            new DeclarationRoutes(controlled).register(routes);
            new FunctionRoutes(controlled.functions()).register(routes);
            new TokenRoutes(controlled, CLOCK).register(routes);
        }
        routes.sse("/events", events::subscribe, Right.LOOK);
        routes.get("/openapi.yaml", ApiServer::contract, Right.NONE);
        routes.exception(ApiException.class, (e, context) -> problem(context, e.status(), e));
        routes.exception(StaleVersionException.class, (e, context) -> problem(context, 412, e));
        routes.exception(TidetableException.class, (e, context) -> problem(context, 409, e));
        routes.exception(HttpResponseException.class, ApiServer::refused);
        routes.exception(Exception.class, ApiServer::failed);
    }

    private AccessGuard guard() {
        ControlPlane controlled = control;
        return new AccessGuard(
                where.tokensRequired(),
                token ->
                        controlled == null
                                ? Optional.empty()
                                : controlled.store().tokens().find(token),
                CLOCK);
    }

    private static void contract(Context context) {
        try (InputStream contract = ApiServer.class.getResourceAsStream("openapi.yaml")) {
            context.contentType("application/yaml")
                    .result(Objects.requireNonNull(contract).readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void refused(HttpResponseException e, Context context) {
        problem(
                context,
                e.getStatus(),
                new ApiException(
                        e.getStatus(),
                        "TT-600",
                        "%s %s is not answered: %s; the paths there are stand in /openapi.yaml"
                                .formatted(context.method(), context.path(), e.getMessage())));
    }

    private static void failed(Exception e, Context context) {
        LOG.error("TT-699 request failed: {} {}", context.method(), context.path(), e);
        problem(
                context,
                500,
                new ApiException(
                        500,
                        "TT-699",
                        "%s %s failed inside (%s); the log of the running process has the details"
                                .formatted(
                                        context.method(),
                                        context.path(),
                                        e.getClass().getSimpleName())));
    }

    private static void problem(Context context, int status, TidetableException e) {
        context.status(status)
                .contentType(PROBLEM_JSON)
                .result(Json.MAPPER.writeValueAsBytes(Problem.of(status, e)));
    }

    /** Answers with JSON. */
    static void json(Context context, Object body) {
        context.contentType("application/json").result(Json.MAPPER.writeValueAsBytes(body));
    }
}
