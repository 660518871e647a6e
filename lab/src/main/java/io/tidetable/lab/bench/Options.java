package io.tidetable.lab.bench;

import java.util.List;

/** The few options of a benchmark: {@code --name value}. */
final class Options {
    private Options() {}

    static String of(List<String> options, String name, String otherwise) {
        int at = options.indexOf(name);
        return at < 0 ? otherwise : options.get(at + 1);
    }
}
