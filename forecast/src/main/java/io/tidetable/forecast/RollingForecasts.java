package io.tidetable.forecast;

/** The forecasts of one method from several origins of one series, beside what came. */
public final class RollingForecasts {
    private final Series series;
    private final Origins origins;
    private final double[][] forecasts;

    /**
     * Takes over the forecasts: one row an origin, one column a step.
     *
     * @param forecasts kept, not copied
     */
    public RollingForecasts(Series series, Origins origins, double[][] forecasts) {
        this.series = series;
        this.origins = origins;
        this.forecasts = forecasts;
    }

    /** The origins from which was forecast. */
    public Origins origins() {
        return origins;
    }

    /** The forecast from an origin for a step counted from zero. */
    public double forecast(int origin, int step) {
        return forecasts[origin][step];
    }

    /** What came at that step, {@link Double#NaN} when unknown. */
    public double actual(int origin, int step) {
        int index = origins.at(origin) + step;
        return index < series.length() ? series.value(index) : Double.NaN;
    }
}
