package io.tidetable.lab;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/** Something measured, side by side with its peer where there is one. */
public interface Benchmark {
    /** One line on what it measures. */
    String description();

    /**
     * Measures.
     *
     * @param arguments what stood after the name on the command line
     * @param progress takes a line whenever something is done
     */
    List<Table> run(List<String> arguments, Consumer<String> progress)
            throws IOException, InterruptedException;
}
