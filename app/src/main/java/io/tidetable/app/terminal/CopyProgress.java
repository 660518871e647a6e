package io.tidetable.app.terminal;

import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How far the first copies have come, as a bar where somebody looks. */
final class CopyProgress {
    private static final long MEGABYTE = 1 << 20;

    private final Terminal terminal;
    private @Nullable ProgressBar bar;

    CopyProgress(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * Shows it.
     *
     * @return whether any table is being copied
     */
    boolean show(PipelineStatus status) {
        Totals totals = Totals.of(status);
        if (totals.unfinished() == 0) {
            leave();
            return false;
        }
        if (terminal.interactive()) {
            ProgressBar shown = bar;
            if (shown == null) {
                shown = newBar();
                bar = shown;
            }
            shown.maxHint(Math.max(1, totals.expectedBytes()));
            shown.stepTo(totals.copiedBytes());
            shown.setExtraMessage(
                    " %s rows, %d of %d tables to go"
                            .formatted(
                                    Figures.count(totals.rows()),
                                    totals.unfinished(),
                                    totals.tables()));
        }
        return true;
    }

    String line(PipelineStatus status) {
        Totals totals = Totals.of(status);
        return "copying: %s rows, %s of about %s, %d of %d tables to go"
                .formatted(
                        Figures.count(totals.rows()),
                        Figures.bytes(totals.copiedBytes()),
                        Figures.bytes(totals.expectedBytes()),
                        totals.unfinished(),
                        totals.tables());
    }

    /** Takes the bar away, so that lines may be printed. */
    void leave() {
        ProgressBar shown = bar;
        bar = null;
        if (shown != null) {
            shown.close();
        }
    }

    private static ProgressBar newBar() {
        return new ProgressBarBuilder()
                .setTaskName("Copying")
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUnit(" MB", MEGABYTE)
                .setInitialMax(1)
                .showSpeed()
                .clearDisplayOnFinish()
                .setConsumer(new ConsoleProgressBarConsumer(System.out))
                .build();
    }

    private record Totals(
            int tables, int unfinished, long rows, long copiedBytes, long expectedBytes) {
        static Totals of(PipelineStatus status) {
            List<TableStatus> all =
                    status.destinations().stream().flatMap(d -> d.tables().stream()).toList();
            int unfinished = 0;
            long rows = 0;
            long copied = 0;
            long expected = 0;
            for (TableStatus table : all) {
                boolean waits =
                        table.state() == TableState.COPYING || table.state() == TableState.WAITING;
                unfinished += waits ? 1 : 0;
                rows += table.copiedRows();
                copied += table.copiedBytes();
                expected +=
                        waits
                                ? Math.max(table.copiedBytes(), table.estimatedBytes())
                                : table.copiedBytes();
            }
            return new Totals(all.size(), unfinished, rows, copied, expected);
        }
    }
}
