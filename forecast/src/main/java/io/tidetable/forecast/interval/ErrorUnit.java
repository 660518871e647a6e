package io.tidetable.forecast.interval;

/** In what the errors of a series are counted so that they are alike at every level of it. */
enum ErrorUnit {
    /** Errors of one size everywhere. */
    VALUE {
        @Override
        double of(double forecast, double level) {
            return 1;
        }
    },
    /** Errors that grow with the root of the forecast, as counts do. */
    ROOT {
        @Override
        double of(double forecast, double level) {
            return Math.sqrt(Math.abs(forecast) + FLOOR_SHARE * level);
        }
    },
    /** Errors in proportion to the forecast. */
    SHARE {
        @Override
        double of(double forecast, double level) {
            return Math.abs(forecast) + FLOOR_SHARE * level;
        }
    };

    private static final double FLOOR_SHARE = 0.01;

    /**
     * One unit at a forecast.
     *
     * @param level the mean magnitude of the series, above zero
     */
    abstract double of(double forecast, double level);
}
