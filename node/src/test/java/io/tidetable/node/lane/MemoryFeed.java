package io.tidetable.node.lane;

import io.tidetable.model.Column;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A feed over transactions that a test puts into memory. */
final class MemoryFeed implements TransactionFeed {
    private final List<TransactionPart> parts = new ArrayList<>();
    private int next;
    private Lsn watermark = Lsn.ZERO;

    /** A transaction of that id which committed there, changing one row of each table. */
    MemoryFeed commit(long lsn, long xid, TableId... tables) {
        parts.add(new Part(new Position(new Lsn(lsn), xid), List.of(tables)));
        return passed(lsn);
    }

    MemoryFeed passed(long lsn) {
        watermark = Lsn.max(watermark, new Lsn(lsn));
        return this;
    }

    @Override
    public @Nullable TransactionPart peek() {
        return next < parts.size() ? parts.get(next) : null;
    }

    @Override
    public void advance() {
        next++;
    }

    @Override
    public void seek(Position after) {
        next = 0;
        while (next < parts.size() && !parts.get(next).position().isAfter(after)) {
            next++;
        }
    }

    @Override
    public Lsn watermark() {
        return watermark;
    }

    @Override
    public long backlogBytes() {
        return parts.stream().skip(next).mapToLong(TransactionPart::bytes).sum();
    }

    @Override
    public void close() {}

    private record Part(Position position, List<TableId> tables) implements TransactionPart {
        @Override
        public Instant committedAt() {
            return Instant.EPOCH;
        }

        @Override
        public long bytes() {
            return 100L * tables.size();
        }

        @Override
        public ChangeCursor changes() {
            return new ChangeCursor() {
                private int at = -1;

                @Override
                public boolean next() {
                    return ++at < tables.size();
                }

                @Override
                public ChangeKind kind() {
                    return ChangeKind.INSERT;
                }

                @Override
                public TableShape shape() {
                    return new TableShape(
                            tables.get(at),
                            1,
                            ReplicaIdentity.DEFAULT,
                            List.of(new Column("id", 23, -1, true)));
                }

                @Override
                public ByteBuffer payload() {
                    return ByteBuffer.allocate(0);
                }
            };
        }
    }
}
