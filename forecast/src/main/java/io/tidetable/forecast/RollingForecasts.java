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

    /** The sum of the absolute errors at steps of the series before {@code known}. */
    public double absoluteErrors(int known) {
        double sum = 0;
        for (int origin = 0; origin < origins.count(); origin++) {
            int steps = Math.clamp((long) known - origins.at(origin), 0, origins.horizon());
            for (int step = 0; step < steps; step++) {
                double error = Math.abs(actual(origin, step) - forecasts[origin][step]);
                sum += Double.isNaN(error) ? 0 : error;
            }
        }
        return sum;
    }
}
