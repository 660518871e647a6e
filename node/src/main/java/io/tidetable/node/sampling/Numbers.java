package io.tidetable.node.sampling;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;

/** The distribution of numbers: all of them up to ten thousand, a sketch of them beyond. */
public sealed interface Numbers {
    /** Numbers that are kept one by one. */
    int MOST_EXACT = 10_000;

    /** Below this, a sketch does not see a shift of a tenth of a standard deviation. */
    int SKETCH_K = 8_000;

    /** How many there are. */
    long size();

    /** Their values at evenly spread ranks, ascending: all of them, or about {@code SKETCH_K}. */
    double[] sorted();

    /** The share of them that is not above the value. */
    double shareUpTo(double value);

    /**
     * The distribution of the values.
     *
     * @param values not NaN; in any order
     */
    static Numbers of(double[] values) {
        if (values.length <= MOST_EXACT) {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            return new Exact(sorted);
        }
        KllDoublesSketch sketch = KllDoublesSketch.newHeapInstance(SKETCH_K);
        sketch.update(values, 0, values.length);
        return new Sketched(sketch);
    }

    /** Writes it down, for {@link #read}. */
    default void write(DataOutput out) throws IOException {
        switch (this) {
            case Exact(double[] all) -> {
                out.writeByte(0);
                out.writeInt(all.length);
                for (double value : all) {
                    out.writeDouble(value);
                }
            }
            case Sketched(KllDoublesSketch sketch) -> {
                byte[] bytes = sketch.toByteArray();
                out.writeByte(1);
                out.writeInt(bytes.length);
                out.write(bytes);
            }
        }
    }

    /** Reads what {@link #write} wrote. */
    static Numbers read(DataInput in) throws IOException {
        boolean exact = in.readByte() == 0;
        int length = in.readInt();
        if (exact) {
            double[] all = new double[length];
            for (int i = 0; i < length; i++) {
                all[i] = in.readDouble();
            }
            return new Exact(all);
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return new Sketched(KllDoublesSketch.heapify(MemorySegment.ofArray(bytes)));
    }

    /**
     * All numbers.
     *
     * @param sorted ascending
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
    record Exact(double[] sorted) implements Numbers {
        @Override
        public long size() {
            return sorted.length;
        }

        @Override
        public double shareUpTo(double value) {
            int low = 0;
            int high = sorted.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (sorted[middle] <= value) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return sorted.length == 0 ? 0 : (double) low / sorted.length;
        }
    }

    /** A KLL sketch of more numbers than are kept. */
    record Sketched(KllDoublesSketch sketch) implements Numbers {
        @Override
        public long size() {
            return sketch.getN();
        }

        @Override
        public double[] sorted() {
            double[] ranks = new double[SKETCH_K];
            for (int i = 0; i < SKETCH_K; i++) {
                ranks[i] = (i + 0.5) / SKETCH_K;
            }
            return sketch.getQuantiles(ranks, QuantileSearchCriteria.INCLUSIVE);
        }

        @Override
        public double shareUpTo(double value) {
            return sketch.getRank(value, QuantileSearchCriteria.INCLUSIVE);
        }
    }
}
