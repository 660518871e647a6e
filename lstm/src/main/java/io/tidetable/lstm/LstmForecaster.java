package io.tidetable.lstm;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Series;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * One recurrent network for many series.
 *
 * <pre>
 *   state = LSTM(window of w values, less their mean, over their spread)
 *   the next a values = linear(last state)
 * </pre>
 *
 * Trained on windows drawn evenly from all series by the mean absolute error with Adam. The network
 * does not change afterwards: {@code fit} only takes the latest values of a series. Hochreiter,
 * Schmidhuber: Long short-term memory, 1997; global training as in DeepAR, Salinas et al., IJF 36,
 * 2020.
 *
 * <p>Runs PyTorch within the process, on one thread and without any download: the native libraries
 * lie on the class path and are unpacked to the home folder at first use. Close it to free them.
 */
public final class LstmForecaster implements PointForecaster, AutoCloseable {
    private static final String ENGINE = "PyTorch";

    private final LstmSettings settings;
    private final Model model;
    private final Predictor<float[], float[]> predictor;

    private LstmForecaster(LstmSettings settings, Model model) {
        this.settings = settings;
        this.model = model;
        this.predictor = model.newPredictor(new WindowTranslator());
    }

    /**
     * Trains a network.
     *
     * @param series at least one of them longer than window and steps ahead together
     */
    public static LstmForecaster train(List<Series> series, LstmSettings settings) {
        int needed = settings.window() + settings.ahead();
        List<double[]> sufficient =
                series.stream().filter(s -> s.length() >= needed).map(Series::filled).toList();
        if (sufficient.isEmpty()) {
            throw new IllegalArgumentException(
                    "no series has the %d values that a network needs to learn".formatted(needed));
        }
        prepareEngine(settings.seed());
        Model model = Model.newInstance("lstm", Device.cpu(), ENGINE);
        model.setBlock(network(settings));
        DefaultTrainingConfig training =
                new DefaultTrainingConfig(Loss.l1Loss())
                        .optDevices(new Device[] {Device.cpu()})
                        .optOptimizer(
                                Optimizer.adam()
                                        .optLearningRateTracker(
                                                Tracker.fixed(settings.learningRate()))
                                        .build());
        try (Trainer trainer = model.newTrainer(training)) {
            trainer.initialize(new Shape(settings.batch(), settings.window(), 1));
            Random random = new Random(settings.seed());
            for (int step = 0; step < settings.steps(); step++) {
                learn(trainer, sufficient, settings, random);
            }
        }
        return new LstmForecaster(settings, model);
    }

    private static void prepareEngine(long seed) {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        Engine.getEngine(ENGINE).setRandomSeed((int) seed);
    }

    private static Block network(LstmSettings settings) {
        return new SequentialBlock()
                .add(
                        LSTM.builder()
                                .setNumLayers(1)
                                .setStateSize(settings.units())
                                .optBatchFirst(true)
                                .optReturnState(false)
                                .build())
                .addSingleton(states -> states.get(":, -1, :"))
                .add(Linear.builder().setUnits(settings.ahead()).build());
    }

    private static void learn(
            Trainer trainer, List<double[]> series, LstmSettings settings, Random random) {
        int window = settings.window();
        int ahead = settings.ahead();
        float[] inputs = new float[settings.batch() * window];
        float[] targets = new float[settings.batch() * ahead];
        for (int i = 0; i < settings.batch(); i++) {
            double[] values = series.get(random.nextInt(series.size()));
            int end = window + random.nextInt(values.length - window - ahead + 1);
            ScaledWindow scaled = ScaledWindow.of(values, end, window);
            System.arraycopy(scaled.inputs(), 0, inputs, i * window, window);
            for (int step = 0; step < ahead; step++) {
                targets[i * ahead + step] = scaled.scaled(values[end + step]);
            }
        }
        try (NDManager batch = trainer.getManager().newSubManager();
                GradientCollector gradients = trainer.newGradientCollector()) {
            NDArray input = batch.create(inputs, new Shape(settings.batch(), window, 1));
            NDArray target = batch.create(targets, new Shape(settings.batch(), ahead));
            NDList output = trainer.forward(new NDList(input));
            output.attach(batch);
            gradients.backward(trainer.getLoss().evaluate(new NDList(target), output));
        }
        trainer.step();
    }

    @Override
    public String name() {
        return "lstm";
    }

    @Override
    public int affordableOrigins() {
        return 12;
    }

    @Override
    public PointModel fit(Series series) {
        double[] latest = series.last(Math.min(series.length(), settings.window())).filled();
        return new Applied(latest, series.nonNegative());
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }

    private synchronized float[] next(float[] inputs) {
        try {
            return predictor.predict(inputs);
        } catch (TranslateException e) {
            throw new IllegalStateException("the network did not answer", e);
        }
    }

    private final class Applied implements PointModel {
        private final boolean nonNegative;
        private double[] latest;

        private Applied(double[] latest, boolean nonNegative) {
            this.latest = latest;
            this.nonNegative = nonNegative;
        }

        @Override
        public double[] forecast(int steps) {
            double[] path = Arrays.copyOf(latest, latest.length + steps);
            int known = latest.length;
            for (int step = 0; step < steps; step += settings.ahead()) {
                double[] before = Arrays.copyOf(path, known + step);
                ScaledWindow window = ScaledWindow.of(before, before.length, settings.window());
                float[] block = next(window.inputs());
                for (int i = 0; i < Math.min(block.length, steps - step); i++) {
                    double value = window.unscaled(block[i]);
                    path[known + step + i] = nonNegative ? Math.max(0, value) : value;
                }
            }
            return Arrays.copyOfRange(path, known, known + steps);
        }

        @Override
        public void observe(double value) {
            double taken = Double.isFinite(value) ? value : forecast(1)[0];
            double[] longer = Arrays.copyOf(latest, latest.length + 1);
            longer[latest.length] = taken;
            int from = Math.max(0, longer.length - settings.window());
            latest = Arrays.copyOfRange(longer, from, longer.length);
        }
    }

    private static final class WindowTranslator implements Translator<float[], float[]> {
        @Override
        public NDList processInput(TranslatorContext context, float[] inputs) {
            return new NDList(context.getNDManager().create(inputs, new Shape(inputs.length, 1)));
        }

        @Override
        public float[] processOutput(TranslatorContext context, NDList outputs) {
            return outputs.singletonOrThrow().toFloatArray();
        }
    }
}
