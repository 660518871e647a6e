package io.tidetable.control.api;

import io.tidetable.model.TidetableException;

/** A request that cannot be answered, with the HTTP status that says so. */
final class ApiException extends TidetableException {
    private final int status;

    ApiException(int status, String code, String sentence) {
        super(code, sentence);
        this.status = status;
    }

    int status() {
        return status;
    }

    static ApiException badRequest(String sentence) {
        return new ApiException(400, "TT-601", sentence);
    }

    static ApiException notFound(String code, String sentence) {
        return new ApiException(404, code, sentence);
    }
}
