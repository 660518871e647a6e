package io.tidetable.app.backtest;

import io.tidetable.app.terminal.TextTable;
import io.tidetable.forecast.accuracy.MethodResult;
import java.util.List;
import java.util.Locale;

/** The results of a backtest for people. */
public final class BacktestText {
    private BacktestText() {}

    /** A heading, then a line a method. */
    public static List<String> lines(List<MethodResult> results) {
        TextTable table = new TextTable().left("METHOD");
        for (String title :
                new String[] {
                    "SERIES", "SMAPE", "MASE", "OWA", "MSIS", "COVERAGE", "S/SERIES", "S P99"
                }) {
            table.right(title);
        }
        for (MethodResult result : results) {
            table.row(
                    result.method(),
                    Integer.toString(result.series()),
                    figure(result.accuracy().smape()),
                    figure(result.accuracy().mase()),
                    figure(result.owa()),
                    figure(result.accuracy().msis()),
                    figure(result.accuracy().coverage()),
                    seconds(result.secondsMedian()),
                    seconds(result.secondsP99()));
        }
        return table.lines();
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.5f", value);
    }
}
