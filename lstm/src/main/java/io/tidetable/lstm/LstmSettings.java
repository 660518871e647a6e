package io.tidetable.lstm;

/**
 * How the network is built and trained.
 *
 * @param window how many steps it looks back
 * @param ahead how many steps it forecasts at once; more are forecast by feeding back
 * @param units the size of its state
 * @param steps how many batches it learns from
 * @param batch how many windows a batch has
 * @param learningRate of Adam
 * @param seed of the initial weights and of the choice of windows
 */
public record LstmSettings(
        int window, int ahead, int units, int steps, int batch, float learningRate, long seed) {
    public LstmSettings {
        if (window < 1 || ahead < 1 || units < 1 || steps < 1 || batch < 1 || learningRate <= 0) {
            throw new IllegalArgumentException("every size of a network is above zero");
        }
    }

    /** For a season of so many steps: looks three seasons back and one ahead. */
    public static LstmSettings forSeason(int season) {
        return new LstmSettings(3 * season, season, 32, 600, 64, 3e-3f, 1);
    }
}
