package io.tidetable.node.strategy;

import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes of sampled keys. A row that gets another key leaves the sample by the old, joins by the
 * new.
 */
final class SampledChange implements ScopedChange {
    private final TableShape shape;
    private final KeySample sample;
    private final Tuples tuples;
    private final int[] places;

    SampledChange(TableShape shape, KeySample sample) {
        this.shape = shape;
        this.sample = sample;
        tuples = new Tuples(shape);
        places = new int[sample.parts().size()];
        for (int i = 0; i < places.length; i++) {
            String column = sample.parts().get(i).column();
            places[i] = ScopedCursor.place(shape, column);
            if (places[i] < 0 || !shape.columns().get(places[i]).inIdentity()) {
                throw ScopedCursor.outdated(shape, column);
            }
        }
        long identity = shape.columns().stream().filter(column -> column.inIdentity()).count();
        if (shape.identity() != ReplicaIdentity.FULL && identity != places.length) {
            throw ScopedCursor.outdated(shape, sample.parts().getFirst().column());
        }
    }

    @Override
    public boolean within(ChangeKind kind, ByteBuffer payload, Outcome outcome) {
        tuples.read(payload);
        boolean was = sampled(tuples.hasOld());
        boolean is = tuples.hasNew() ? sampled(false) : was;
        if (was == is) {
            if (is) {
                outcome.pass(kind, payload);
            }
            return is;
        }
        if (was) {
            outcome.pass(ChangeKind.DELETE, tuples.oldAlone());
        } else {
            outcome.pass(ChangeKind.INSERT, tuples.newAlone());
        }
        return true;
    }

    private boolean sampled(boolean before) {
        List<byte[]> values = new ArrayList<>(places.length);
        for (int place : places) {
            boolean from = before;
            if (!before && tuples.kind(false, place) == TupleReader.UNCHANGED && tuples.hasOld()) {
                from = true;
            }
            if (tuples.kind(from, place) != TupleReader.BINARY) {
                throw ScopedCursor.outdated(shape, shape.columns().get(place).name());
            }
            values.add(tuples.bytes(from, place));
        }
        return sample.contains(values);
    }
}
