package io.tidetable.app.command;

import picocli.CommandLine.Option;

/** The option that chooses between text for people and JSON for programs. */
final class OutputOption {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "text or json (default: ${DEFAULT-VALUE})")
    private Format format = Format.TEXT;

    boolean json() {
        return format == Format.JSON;
    }

    /** Text for people, JSON for programs. */
    enum Format {
        TEXT,
        JSON
    }
}
