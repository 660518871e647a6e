package io.tidetable.app.wiring;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/** What {@code tidetable run} runs, in a process of its own, to be killed. */
final class OverrideProcess {
    /** What is written to it makes the fault point deadly: merges that were owed go unharmed. */
    static final String ARM = "arm";

    static final String ARMED = "is armed";

    private OverrideProcess() {}

    /** Arguments: the settings file, the data folder, and optionally a fault point to be armed. */
    public static void main(String[] arguments) throws Exception {
        AtomicReference<Faults> armed = new AtomicReference<>(Faults.NONE);
        Faults faults = point -> Objects.requireNonNull(armed.get()).reach(point);
        try (RunningPipeline pipeline =
                new RunningPipeline(
                        new SettingsReader(_ -> null).read(Path.of(arguments[0])),
                        new DataDirectory(Path.of(arguments[1])),
                        faults)) {
            pipeline.start();
            System.out.println("serves " + pipeline.serve(new Settings.Api("127.0.0.1", 0)));
            // Ends with the process that started it.
            BufferedReader input =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                if (line.equals(ARM)) {
                    armed.set(Faults.haltAt(FaultPoint.valueOf(arguments[2]), 1));
                    System.out.println(ARMED);
                }
            }
        }
    }
}
