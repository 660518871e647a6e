package io.tidetable.app.backtest;

import io.tidetable.forecast.accuracy.MethodResult;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The results of a backtest for programs. */
public final class BacktestJson {
    private BacktestJson() {}

    /** One object with a list of methods; method names need no escapes. */
    public static String of(List<MethodResult> results) {
        return results.stream()
                .map(BacktestJson::method)
                .collect(Collectors.joining(",\n    ", "{\"methods\":[\n    ", "\n]}"));
    }

    private static String method(MethodResult result) {
        return ("{\"method\":\"%s\",\"series\":%d,\"smape\":%s,\"mase\":%s,\"owa\":%s,"
                        + "\"msis\":%s,\"coverage\":%s,\"seconds_per_series\":%s,"
                        + "\"seconds_per_series_p99\":%s}")
                .formatted(
                        result.method(),
                        result.series(),
                        number(result.accuracy().smape()),
                        number(result.accuracy().mase()),
                        number(result.owa()),
                        number(result.accuracy().msis()),
                        number(result.accuracy().coverage()),
                        number(result.secondsMedian()),
                        number(result.secondsP99()));
    }

    /** JSON knows no infinity, which errors of values near the end of all numbers can reach. */
    private static String number(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.7f", value) : "null";
    }
}
