package io.tidetable.node.capture;

import io.tidetable.model.TableShape;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.pgoutput.DamagedMessageException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which shape each relation id has, on one connection.
 *
 * <p>A shape announced inside a stream block belongs to that transaction until it commits: it may
 * come from an ALTER TABLE that nobody else sees yet, or ever. At the commit PostgreSQL counts it
 * as announced to all and does not send it again, so it is taken over; but only where nothing newer
 * was announced to all meanwhile, as when a publication's column list changed while the transaction
 * was open. Not thread-safe.
 */
final class RelationShapes {
    private final TrackWriter writer;
    private final TableTraffic traffic;
    private final Map<TableShape, Integer> numbers = new HashMap<>();
    private final Map<Integer, Announced> common = new HashMap<>();
    private final Map<Long, Map<Integer, Announced>> streamed = new HashMap<>();
    private long announcements;
    private @Nullable Announced last;
    private long lastTransaction;

    RelationShapes(TrackWriter writer, TableTraffic traffic) {
        this.writer = writer;
        this.traffic = traffic;
    }

    /**
     * A shape as it was announced.
     *
     * @param number the writer's
     * @param order announcements before it on this connection
     * @param count what was received of the table
     */
    record Announced(TableShape shape, int number, long order, TableTraffic.Count count) {
        int columns() {
            return shape.columns().size();
        }
    }

    /**
     * A relation was announced.
     *
     * @param transaction the streamed transaction to which it belongs, 0 for all
     */
    void announce(long transaction, TableShape shape) {
        Integer number = numbers.get(shape);
        if (number == null) {
            number = writer.shape(shape);
            numbers.put(shape, number);
        }
        relations(transaction)
                .put(
                        shape.relationOid(),
                        new Announced(shape, number, announcements++, traffic.of(shape.table())));
        last = null;
    }

    /**
     * The shape of a relation as a transaction sees it.
     *
     * @param transaction the streamed transaction, 0 for one that arrives whole
     */
    Announced of(long transaction, int relationOid) {
        Announced known = last;
        if (known != null
                && lastTransaction == transaction
                && known.shape().relationOid() == relationOid) {
            return known;
        }
        Announced found = relations(transaction).get(relationOid);
        if (found == null) {
            throw new DamagedMessageException(
                    "a change of relation %s was never announced"
                            .formatted(Integer.toUnsignedString(relationOid)));
        }
        last = found;
        lastTransaction = transaction;
        return found;
    }

    /** A streamed transaction committed. */
    void committed(long transaction) {
        Map<Integer, Announced> own = streamed.remove(transaction);
        if (own != null) {
            own.forEach((oid, announced) ->
                    common.merge(oid, announced, (a, b) -> a.order() > b.order() ? a : b));
        }
        last = null;
    }

    /** A streamed transaction rolled back. */
    void aborted(long transaction) {
        streamed.remove(transaction);
        last = null;
    }

    private Map<Integer, Announced> relations(long transaction) {
        return transaction == 0
                ? common
                : streamed.computeIfAbsent(transaction, _ -> new HashMap<>());
    }
}
