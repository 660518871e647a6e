package io.tidetable.app.wiring;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.io.OutputStream;
import java.nio.file.Path;

/** What {@code tidetable run} runs, in a process of its own, to be killed. */
final class OverrideProcess {
    private OverrideProcess() {}

    /** Arguments: the settings file, the data folder, and optionally a deadly fault point. */
    public static void main(String[] arguments) throws Exception {
        Faults faults =
                arguments.length > 2
                        ? Faults.haltAt(FaultPoint.valueOf(arguments[2]), 1)
                        : Faults.NONE;
        try (RunningPipeline pipeline =
                new RunningPipeline(
                        new SettingsReader(_ -> null).read(Path.of(arguments[0])),
                        new DataDirectory(Path.of(arguments[1])),
                        faults)) {
            pipeline.start();
            System.out.println("serves " + pipeline.serve(new Settings.Api("127.0.0.1", 0)));
            // Ends with the process that started it.
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }
}
