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
        return String.format(
                Locale.ROOT,
                "{\"method\":\"%s\",\"series\":%d,\"smape\":%.5f,\"mase\":%.5f,\"owa\":%.5f,"
                        + "\"msis\":%.5f,\"coverage\":%.5f,\"seconds_per_series\":%.7f,"
                        + "\"seconds_per_series_p99\":%.7f}",
                result.method(),
                result.series(),
                result.accuracy().smape(),
                result.accuracy().mase(),
                result.owa(),
                result.accuracy().msis(),
                result.accuracy().coverage(),
                result.secondsMedian(),
                result.secondsP99());
    }
}
