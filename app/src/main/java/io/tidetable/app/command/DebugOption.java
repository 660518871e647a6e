package io.tidetable.app.command;

import picocli.CommandLine.Model.CommandSpec;

/** Looks up the inherited option {@code --debug}. */
final class DebugOption {
    private DebugOption() {}

    static boolean of(CommandSpec spec) {
        return Boolean.TRUE.equals(spec.root().findOption("--debug").getValue());
    }
}
