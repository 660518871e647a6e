package io.tidetable.node.pgoutput;

import java.nio.ByteBuffer;

/**
 * Checks, without allocating, that the payload of a row change is whole and has as many columns as
 * its table's shape: the last look before it becomes durable. Not thread-safe.
 */
public final class RowChecker {
    private final TupleReader tuples = new TupleReader();

    /**
     * Checks the payload of an insert.
     *
     * @throws DamagedMessageException when it is not {@code 'N' tuple}
     */
    public void insert(ByteBuffer payload, int columns) {
        tuples.reset(payload);
        newTuple(columns);
        end();
    }

    /**
     * Checks the payload of an update.
     *
     * @throws DamagedMessageException when it is not {@code [('K'|'O') tuple] 'N' tuple}
     */
    public void update(ByteBuffer payload, int columns) {
        tuples.reset(payload);
        if (!tuples.nextTuple()) {
            throw new DamagedMessageException("an update has no row");
        }
        expectColumns(columns);
        if (tuples.tuple() != TupleReader.NEW) {
            newTuple(columns);
        }
        end();
    }

    /**
     * Checks the payload of a delete.
     *
     * @throws DamagedMessageException when it is not {@code ('K'|'O') tuple}
     */
    public void delete(ByteBuffer payload, int columns) {
        tuples.reset(payload);
        if (!tuples.nextTuple() || tuples.tuple() == TupleReader.NEW) {
            throw new DamagedMessageException("a delete does not say which row");
        }
        expectColumns(columns);
        end();
    }

    private void newTuple(int columns) {
        if (!tuples.nextTuple() || tuples.tuple() != TupleReader.NEW) {
            throw new DamagedMessageException("the new row is missing");
        }
        expectColumns(columns);
    }

    private void expectColumns(int columns) {
        if (tuples.columns() != columns) {
            throw new DamagedMessageException(
                    "a row has %d columns, its table was announced with %d"
                            .formatted(tuples.columns(), columns));
        }
    }

    private void end() {
        if (tuples.nextTuple()) {
            throw new DamagedMessageException("a row change has a tuple too many");
        }
    }
}
