package io.tidetable.node.apply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.apply.FoldedRows.Row;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many rows are sorted exactly as comparing their keys one with another sorts them. */
class KeyOrderTest {
    private static final long SEED = 20_260_101;

    private final Random chance = new Random(SEED);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 999, 1000, 1001, 50_000, 131_072, 131_073})
    void wholeNumbersOfAnySizeAreSortedByTheirBytes(int rows) {
        sorts(rows, _ -> bytes(8, chance.nextInt(2_000_000)));
        sorts(rows, _ -> bytes(4, chance.nextInt()));
        sorts(rows, _ -> bytes(8, chance.nextLong()));
    }

    @Test
    void longKeysThatDifferOnlyAtTheirEndsAreToldApart() {
        sorts(5000, number -> padded(40, number % 7 * 1000 + chance.nextInt(30)));
        sorts(
                5000,
                number ->
                        (number % 3 + " a long common part " + chance.nextInt(50)).getBytes(UTF_8));
    }

    @Test
    void keysOfDifferentLengthsAreSortedToo() {
        sorts(5000, _ -> Long.toString(chance.nextLong() >>> chance.nextInt(60)).getBytes(UTF_8));
    }

    @Test
    void rowsThatAllHaveTheSameKeyStayAllThere() {
        sorts(2000, _ -> bytes(8, 5));
        sorts(2000, _ -> new byte[0]);
    }

    private static void sorts(int count, IntFunction<byte[]> key) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(new Row(new RowKey(key.apply(i)), image()));
        }
        List<Row> expected = new ArrayList<>(rows);
        expected.sort(Comparator.comparing(row -> Objects.requireNonNull(row.key())));

        List<Row> sorted = Arrays.asList(KeyOrder.of(rows));

        assertThat(keys(sorted)).as("seed %d", SEED).matches(keys(expected)::equals);
        assertThat(sorted).as("seed %d", SEED).hasSameSizeAs(rows);
        assertThat(new HashSet<>(sorted).equals(new HashSet<>(rows))).as("seed %d", SEED).isTrue();
    }

    private static List<RowKey> keys(List<Row> rows) {
        return rows.stream().map(row -> Objects.requireNonNull(row.key())).toList();
    }

    private static byte[] bytes(int size, long value) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[size - 1 - i] = (byte) (value >>> (8 * i));
        }
        return bytes;
    }

    private static byte[] padded(int size, long value) {
        return Arrays.copyOf(bytes(size - 8, value), size);
    }

    private static RowImage image() {
        ByteBuffer payload = ByteBuffer.wrap(new byte[] {'N', 0, 0});
        TupleReader reader = new TupleReader();
        reader.reset(payload);
        assertThat(reader.nextTuple()).isTrue();
        return RowImage.read(reader, payload);
    }
}
