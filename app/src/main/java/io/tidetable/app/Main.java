package io.tidetable.app;

import io.tidetable.app.command.StopSignal;
import io.tidetable.app.command.Surroundings;
import io.tidetable.app.command.TidetableCommand;

/** The program's entry. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        StopSignal stop = new StopSignal(Runtime.getRuntime()::addShutdownHook);
        int code =
                TidetableCommand.commandLine(new Surroundings(System::getenv, stop))
                        .execute(arguments);
        stop.finish(code);
        System.exit(code);
    }
}
