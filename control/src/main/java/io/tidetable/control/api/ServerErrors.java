package io.tidetable.control.api;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Answers requests that are refused before any route is looked for, in the form of all errors. */
final class ServerErrors extends ErrorHandler {
    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int status,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback) {
        response.getHeaders()
                .put(HttpHeader.CONTENT_TYPE, "application/problem+json")
                .put(HttpHeader.CONNECTION, "close");
        response.write(true, ByteBuffer.wrap(problem(status)), callback);
    }

    private static byte[] problem(int status) {
        return Json.MAPPER.writeValueAsBytes(
                Problem.of(
                        status,
                        new ApiException(
                                status,
                                "TT-600",
                                "the request is not one that HTTP knows, or its address or headers are too long or hold what they cannot; the paths there are stand in /openapi.yaml")));
    }
}
