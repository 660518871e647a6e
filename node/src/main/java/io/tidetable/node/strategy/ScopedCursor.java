package io.tidetable.node.strategy;

import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.model.TidetableException;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A walk over changes as they are within the scopes of their tables. */
final class ScopedCursor implements ChangeCursor {
    private final ChangeCursor all;
    private final Map<TableId, TableScope> scopes;
    private final IdentityHashMap<TableShape, ScopedChange> scoped = new IdentityHashMap<>();
    private @Nullable ScopedChange last;
    private final ScopedChange.Outcome outcome = new ScopedChange.Outcome();

    ScopedCursor(ChangeCursor all, Map<TableId, TableScope> scopes) {
        this.all = all;
        this.scopes = scopes;
    }

    @Override
    public boolean next() {
        while (all.next()) {
            TableScope scope = scopes.get(all.shape().table());
            if (scope == null || all.kind() == ChangeKind.TRUNCATE) {
                if (!(scope instanceof TableScope.AsOfRefresh)) {
                    last = null;
                    outcome.pass(all.kind(), all.payload());
                    return true;
                }
            } else {
                ScopedChange change = change(scope);
                if (change.within(all.kind(), all.payload(), outcome)) {
                    last = change;
                    return true;
                }
            }
        }
        return false;
    }

    private ScopedChange change(TableScope scope) {
        return scoped.computeIfAbsent(
                all.shape(),
                shape ->
                        switch (scope) {
                            case TableScope.Everything() -> new ScopedChange.Whole();
                            case TableScope.AsOfRefresh() -> new ScopedChange.None();
                            case TableScope.Sampled(KeySample sample) ->
                                    new SampledChange(shape, sample);
                            case TableScope.Needed needed -> new NeededChange(shape, needed);
                        });
    }

    @Override
    public ChangeKind kind() {
        return outcome.kind();
    }

    @Override
    public TableShape shape() {
        ScopedChange change = last;
        return change == null ? all.shape() : change.shape(all.shape());
    }

    @Override
    public ByteBuffer payload() {
        return outcome.payload();
    }

    /** Where a column stands in a shape; -1 where it is not in it. */
    static int place(TableShape shape, String column) {
        for (int i = 0; i < shape.columns().size(); i++) {
            if (shape.columns().get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    static TidetableException outdated(TableShape shape, @Nullable String column) {
        return new TidetableException(
                "TT-554",
                "what is carried of %s was decided by its column %s, which has changed at the source; resync the table"
                        .formatted(shape.table(), column));
    }
}
