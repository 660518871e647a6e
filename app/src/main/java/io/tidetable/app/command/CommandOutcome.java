package io.tidetable.app.command;

/** Exit codes. */
final class CommandOutcome {
    /** Done as asked. */
    static final int DONE = 0;

    /** It failed, and a line on the error output says why. */
    static final int FAILED = 1;

    /** The command line was wrong. */
    static final int WRONG_USE = 2;

    private CommandOutcome() {}
}
