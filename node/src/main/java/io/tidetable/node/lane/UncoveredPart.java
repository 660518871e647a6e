package io.tidetable.node.lane;

import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionPart;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Set;

/** A transaction part without its changes to tables whose copy holds them already. */
record UncoveredPart(TransactionPart whole, Set<TableId> covered) implements TransactionPart {
    UncoveredPart {
        covered = Set.copyOf(covered);
    }

    @Override
    public Position position() {
        return whole.position();
    }

    @Override
    public Instant committedAt() {
        return whole.committedAt();
    }

    @Override
    public long bytes() {
        return whole.bytes();
    }

    @Override
    public ChangeCursor changes() {
        ChangeCursor all = whole.changes();
        return new ChangeCursor() {
            @Override
            public boolean next() {
                while (all.next()) {
                    if (!covered.contains(all.shape().table())) {
                        return true;
                    }
                }
                return false;
            }

            @Override
            public ChangeKind kind() {
                return all.kind();
            }

            @Override
            public TableShape shape() {
                return all.shape();
            }

            @Override
            public ByteBuffer payload() {
                return all.payload();
            }
        };
    }
}
