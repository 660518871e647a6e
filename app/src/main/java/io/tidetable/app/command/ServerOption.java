package io.tidetable.app.command;

import io.tidetable.control.api.ApiClient;
import io.tidetable.control.api.ControlClient;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The option that names a running pipeline. */
final class ServerOption {
    static final String USUAL = "http://127.0.0.1:7070";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "where the running pipeline answers (default: ${DEFAULT-VALUE})")
    private String url = USUAL;

    @Mixin private TokenOption token = new TokenOption();

    ApiClient connect() {
        return new ApiClient(url, token.token());
    }

    ControlClient connectAs(String author) {
        return new ControlClient(url, author, token.token());
    }
}
