package io.tidetable.app.backtest;

import io.tidetable.app.terminal.Terminal;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far a backtest has come: a bar where somebody looks, otherwise a line a method; on the error
 * output, so that results stay alone on the other.
 *
 * <p>{@link #step} may be called by many threads.
 */
public final class BacktestProgress implements AutoCloseable {
    private final Terminal terminal;
    private @Nullable ProgressBar bar;

    /** Nothing is shown yet. */
    public BacktestProgress(Terminal terminal) {
        this.terminal = terminal;
    }

    /** A method begins. */
    void begin(String method, int series) {
        close();
        if (terminal.interactive()) {
            bar =
                    new ProgressBarBuilder()
                            .setTaskName(method)
                            .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                            .setInitialMax(series)
                            .clearDisplayOnFinish()
                            .setConsumer(new ConsoleProgressBarConsumer(System.err))
                            .build();
        } else {
            terminal.err().println("measuring %s on %d series".formatted(method, series));
            terminal.err().flush();
        }
    }

    /** A series is done. */
    void step() {
        ProgressBar shown = bar;
        if (shown != null) {
            shown.step();
        }
    }

    /** Takes the bar away. */
    @Override
    public void close() {
        ProgressBar shown = bar;
        bar = null;
        if (shown != null) {
            shown.close();
        }
    }
}
