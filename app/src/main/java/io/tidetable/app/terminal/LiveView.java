package io.tidetable.app.terminal;

import java.util.ArrayList;
import java.util.List;

/** Lines that are drawn again in place on a terminal; where nobody looks they are just printed. */
public final class LiveView {
    private static final String ESCAPE = "\033[";

    private final Terminal terminal;
    private int drawn;

    public LiveView(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Shows the lines in place of those shown before. */
    public void show(List<String> lines) {
        if (!terminal.interactive()) {
            lines.forEach(terminal.out()::println);
            terminal.out().flush();
            return;
        }
        Terminal.Size size = terminal.size();
        List<String> fitting =
                new ArrayList<>(lines.subList(0, Math.min(lines.size(), size.rows() - 1)));
        StringBuilder frame = new StringBuilder();
        if (drawn > 0) {
            frame.append(ESCAPE).append(drawn).append('A');
        }
        for (String line : fitting) {
            frame.append('\r')
                    .append(line, 0, Math.min(line.length(), size.columns()))
                    .append(ESCAPE)
                    .append("K\n");
        }
        frame.append(ESCAPE).append('J');
        drawn = fitting.size();
        terminal.out().print(frame);
        terminal.out().flush();
    }

    /** Leaves what is shown where it stands; the next lines come below it. */
    public void leave() {
        drawn = 0;
    }
}
