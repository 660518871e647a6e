package io.tidetable.app.terminal;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Where output goes.
 *
 * @param interactive whether somebody looks at it, so that lines may be drawn again
 */
public record Terminal(PrintWriter out, PrintWriter err, boolean interactive) {
    private static final int USUAL_WIDTH = 120;
    private static final int USUAL_HEIGHT = 40;

    /** The terminal of this process. */
    public static Terminal ofProcess(PrintWriter out, PrintWriter err) {
        boolean dumb = "dumb".equals(System.getenv("TERM"));
        return new Terminal(out, err, isAttended() && !dumb);
    }

    /** Whether somebody can see the output and answer questions. */
    @SuppressWarnings("SystemConsoleNull") // since 25 it is null again where there is no terminal
    public static boolean isAttended() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** The same, but nothing is drawn again. */
    public Terminal plain() {
        return new Terminal(out, err, false);
    }

    /** Its size as {@code stty} tells it; a usual one where nobody knows. */
    public Size size() {
        if (!interactive) {
            return new Size(USUAL_WIDTH, USUAL_HEIGHT);
        }
        try {
            Process stty =
                    new ProcessBuilder("stty", "size")
                            .redirectInput(ProcessBuilder.Redirect.INHERIT)
                            .start();
            String answer =
                    new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (stty.waitFor(1, TimeUnit.SECONDS) && answer.matches("\\d{1,5} \\d{1,5}\\s*")) {
                String[] numbers = answer.strip().split(" ", 2);
                Size size = new Size(Integer.parseInt(numbers[1]), Integer.parseInt(numbers[0]));
                return size.columns() > 0 && size.rows() > 0
                        ? size
                        : new Size(USUAL_WIDTH, USUAL_HEIGHT);
            }
        } catch (IOException e) {
            return new Size(USUAL_WIDTH, USUAL_HEIGHT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new Size(USUAL_WIDTH, USUAL_HEIGHT);
    }

    /** Columns and rows of characters. */
    public record Size(int columns, int rows) {}
}
