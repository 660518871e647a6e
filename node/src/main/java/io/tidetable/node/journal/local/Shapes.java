package io.tidetable.node.journal.local;

import io.tidetable.model.TableShape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All shapes a track's records refer to. Read by all, extended by the writer. */
final class Shapes {
    private final Tables tables;
    private final Map<TableShape, KnownShape> byShape = new HashMap<>();
    private volatile @Nullable KnownShape[] byNumber = new KnownShape[64];
    private int next;

    Shapes(Tables tables) {
        this.tables = tables;
    }

    /** The shape's number, a new one if it was never seen. */
    synchronized KnownShape known(TableShape shape) {
        KnownShape known = byShape.get(shape);
        return known != null ? known : remember(next, shape, ShapeCodec.encode(shape));
    }

    /** What a segment says the number stands for. */
    synchronized void recall(int number, byte[] encoded) {
        if (find(number) == null) {
            remember(number, ShapeCodec.decode(encoded), encoded);
        }
    }

    /** Numbers below were used in segments that may be gone. */
    synchronized void skipTo(int number) {
        next = Math.max(next, number);
    }

    synchronized int next() {
        return next;
    }

    @Nullable KnownShape find(int number) {
        @Nullable KnownShape[] all = byNumber;
        return number >= 0 && number < all.length ? all[number] : null;
    }

    KnownShape get(int number) {
        KnownShape found = find(number);
        if (found == null) {
            throw new IllegalArgumentException("no table shape has the number " + number);
        }
        return found;
    }

    private KnownShape remember(int number, TableShape shape, byte[] encoded) {
        KnownShape known = new KnownShape(number, shape, tables.index(shape.table()), encoded);
        @Nullable KnownShape[] all = byNumber;
        if (number >= all.length) {
            all = Arrays.copyOf(all, Math.max(number + 1, all.length * 2));
        }
        all[number] = known;
        byNumber = all;
        byShape.put(shape, known);
        next = Math.max(next, number + 1);
        return known;
    }
}
