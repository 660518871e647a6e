package io.tidetable.control.api;

import io.tidetable.model.TidetableException;

/** An error as {@code application/problem+json} (RFC 9457), with the stable code. */
record Problem(String type, String title, int status, String detail, String code) {
    static Problem of(int status, TidetableException e) {
        return new Problem(
                "urn:tidetable:" + e.code(),
                title(status),
                status,
                String.valueOf(e.getMessage()),
                e.code());
    }

    private static String title(int status) {
        return switch (status) {
            case 400 -> "The request is not understood";
            case 401 -> "The request needs a token";
            case 403 -> "The request is refused";
            case 404 -> "There is no such thing";
            case 405 -> "The method does not fit the path";
            case 412 -> "Somebody else changed it meanwhile";
            case 413 -> "The request is too large";
            case 429 -> "There were too many requests";
            case 503 -> "The request cannot be answered now";
            case 428 -> "The request does not say what it was made from";
            case 409 -> "The pipeline cannot do this now";
            default -> "The pipeline could not answer";
        };
    }
}
