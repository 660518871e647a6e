package io.tidetable.node.strategy;

import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TransactionPart;
import java.time.Instant;
import java.util.Map;

/**
 * A transaction part as far as it lies in the scopes of its tables.
 *
 * @param scopes of tables that are not carried whole
 * @param nothing whether no table of it has changes carried at all
 */
public record ScopedPart(TransactionPart whole, Map<TableId, TableScope> scopes, boolean nothing)
        implements TransactionPart {
    public ScopedPart {
        scopes = Map.copyOf(scopes);
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
        return nothing ? 0 : whole.bytes();
    }

    @Override
    public ChangeCursor changes() {
        return new ScopedCursor(whole.changes(), scopes);
    }
}
