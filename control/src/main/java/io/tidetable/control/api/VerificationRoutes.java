package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.api.VerificationRepresentation.Line;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.PipelineStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;

/** Comparing source and destination; the answer streams, one JSON line per table as it is done. */
final class VerificationRoutes {
    private final PipelineView pipeline;
    private final Semaphore oneAtATime = new Semaphore(1);

    VerificationRoutes(PipelineView pipeline) {
        this.pipeline = pipeline;
    }

    void register(RoutesConfig routes) {
        routes.post("/api/v1/verifications", this::verify, Right.STEER);
    }

    private void verify(Context context) throws IOException, InterruptedException {
        VerificationRepresentation.Request request = request(context);
        PipelineStatus status = pipeline.status();
        DestinationId destination = Requests.destination(status, request.destination());
        Set<TableId> tables = Requests.tables(status, request.tables());
        if (!oneAtATime.tryAcquire()) {
            throw new ApiException(
                    409, "TT-606", "a verification is already running; ask again when it is done");
        }
        try {
            context.disableCompression();
            context.contentType("application/jsonl");
            stream(
                    context.outputStream(),
                    destination,
                    tables,
                    Objects.requireNonNullElse(request.repair(), false));
        } finally {
            oneAtATime.release();
        }
    }

    private void stream(
            OutputStream output, DestinationId destination, Set<TableId> tables, boolean repair)
            throws InterruptedException {
        try {
            pipeline.verify(
                    destination,
                    tables,
                    repair,
                    verification ->
                            write(
                                    output,
                                    new Line(
                                            VerificationRepresentation.of(
                                                    destination, verification),
                                            null,
                                            null)));
            write(output, new Line(null, true, null));
        } catch (TidetableException e) {
            write(output, new Line(null, null, Problem.of(409, e)));
        }
    }

    /** A reader that has gone ends the verification by the exception this throws. */
    private static void write(OutputStream output, Line line) {
        try {
            output.write(
                    (Json.MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
            output.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static VerificationRepresentation.Request request(Context context) {
        String body = context.body();
        if (body.isBlank()) {
            return new VerificationRepresentation.Request(null, null, null);
        }
        return ControlRequests.body(context, VerificationRepresentation.Request.class);
    }
}
