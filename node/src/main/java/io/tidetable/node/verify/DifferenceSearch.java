package io.tidetable.node.verify;

import io.tidetable.model.TidetableException;
import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.TableLayout;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Finds the rows in which a table differs between two sessions: checksums of buckets on both
 * servers first, in one pass each, then the rows of the buckets that differ, merged in the order of
 * the hash of their key. Holds a bounded number of rows, whatever the table and the damage.
 */
public final class DifferenceSearch {
    private final HashedRows rows;
    private final Connection source;
    private final Connection destination;

    private DifferenceSearch(HashedRows rows, Connection source, Connection destination) {
        this.rows = rows;
        this.source = source;
        this.destination = destination;
    }

    /**
     * A search between two sessions from {@link io.tidetable.node.postgres.Database#connect}, both
     * in a transaction. Each is used by one thread at a time, not always the calling one.
     *
     * @param source in the snapshot to be compared
     */
    public static DifferenceSearch between(
            TableLayout layout, Connection source, Connection destination) throws SQLException {
        refuseHiddenRows(source);
        refuseHiddenRows(destination);
        return new DifferenceSearch(
                new HashedRows(layout, RowHash.agreedOn(source, destination)), source, destination);
    }

    /** Row security is to fail the comparison rather than to hide rows from it. */
    private static void refuseHiddenRows(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL row_security = off");
        }
    }

    /** What takes the differences. */
    @FunctionalInterface
    public interface Visitor {
        /** Called for each, in no order that means something. */
        void visit(Difference difference) throws SQLException, InterruptedException;
    }

    /**
     * How many rows were compared.
     *
     * @param source checksums of the source's
     */
    public record Compared(long sourceRows, long destinationRows, RowsDigest source) {}

    /** How this search sees rows. */
    public HashedRows rows() {
        return rows;
    }

    /**
     * Compares rows and hands over every difference.
     *
     * @param acrossCommits whether the visitor commits the destination's transaction now and then
     */
    public Compared run(Scope scope, boolean acrossCommits, Visitor visitor)
            throws SQLException, InterruptedException {
        int buckets = TableDigest.bucketsFor(source, rows.layout());
        FutureTask<TableDigest> there =
                inParallel(
                        () -> TableDigest.of(destination, Side.DESTINATION, rows, scope, buckets));
        TableDigest here;
        TableDigest other;
        try {
            here = TableDigest.of(source, Side.SOURCE, rows, scope, buckets);
        } finally {
            awaitEnd(there);
        }
        other = result(there);
        List<Integer> differing = here.differing(other);
        if (!differing.isEmpty()) {
            merge(
                    rows.rows(Side.SOURCE, scope, rows.inBuckets(Side.SOURCE, buckets, differing)),
                    rows.rows(
                            Side.DESTINATION,
                            scope,
                            rows.inBuckets(Side.DESTINATION, buckets, differing)),
                    acrossCommits,
                    visitor);
        }
        return new Compared(here.rows(), other.rows(), here.total());
    }

    private void merge(String here, String there, boolean acrossCommits, Visitor visitor)
            throws SQLException, InterruptedException {
        RowCursor left = RowCursor.open(source, here, false);
        RowCursor right = RowCursor.open(destination, there, acrossCommits);
        RowCursor.Row from = left.next();
        RowCursor.Row to = right.next();
        while (from != null || to != null) {
            int order = order(from, to);
            if (order < 0 && from != null) {
                visitor.visit(new Difference.Missing(from.key(), from.location()));
            } else if (order > 0 && to != null) {
                visitor.visit(new Difference.Extra(to.key(), seen(to)));
            } else if (from != null && to != null && !from.sameAs(to)) {
                visitor.visit(new Difference.Different(from.key(), from.location(), seen(to)));
            }
            if (order <= 0) {
                from = left.next();
            }
            if (order >= 0) {
                to = right.next();
            }
        }
        RowCursor.close(source);
        RowCursor.close(destination);
    }

    private static int order(RowCursor.@Nullable Row from, RowCursor.@Nullable Row to) {
        if (from == null) {
            return 1;
        }
        return to == null ? -1 : from.compareKey(to);
    }

    private static Difference.Seen seen(RowCursor.Row row) {
        return new Difference.Seen(row.location(), row.row1(), row.row2());
    }

    private static <T> FutureTask<T> inParallel(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofVirtual().name("tidetable-compare").start(task);
        return task;
    }

    /** The session is free again only when this returns. */
    private static void awaitEnd(FutureTask<?> task) throws InterruptedException {
        boolean interrupted = false;
        while (!task.state().equals(FutureTask.State.SUCCESS)
                && !task.state().equals(FutureTask.State.FAILED)) {
            try {
                task.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                break;
            }
        }
        if (interrupted) {
            throw new InterruptedException("interrupted while a table was compared");
        }
    }

    private static <T> T result(FutureTask<T> task) throws SQLException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException failure) {
                throw failure;
            }
            throw new TidetableException(
                    "TT-520", "a table could not be compared: " + e.getMessage(), e.getCause());
        }
    }
}
