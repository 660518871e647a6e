package io.tidetable.app.command;

import io.tidetable.control.api.ControlClient;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the control plane answers, and who asks it. */
final class AskerOption {
    @Mixin private ServerOption server = new ServerOption();

    @Option(
            names = "--author",
            paramLabel = "NAME",
            description = "who wants this, for the audit (default: the user's name)")
    private String author = System.getProperty("user.name", "somebody");

    String author() {
        return author;
    }

    ControlClient connect() {
        return server.connectAs(author);
    }
}
