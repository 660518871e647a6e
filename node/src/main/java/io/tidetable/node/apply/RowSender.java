package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.node.apply.RowStatement.Parameter;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.PGobject;

/**
 * Sends single-row statements in order. Successive ones with the same text travel together, so that
 * they cost one round trip. What is still held back is sent by {@link #flush}.
 */
final class RowSender {
    /** What a statement's row count means. */
    enum Expectation {
        /** No row is a conflict. */
        ONE_ROW,
        /** Any count is right. */
        ANY,
        /** No row means that the row is not there and cannot be made up from what is known. */
        ROW_OR_MERGE
    }

    private record Pending(TableId table, Expectation expectation) {}

    private static final int MOST_TOGETHER = 500;

    private final Connection connection;
    private final Tally tally;
    private final Set<Integer> binaryOids = new HashSet<>();
    private final List<Pending> pending = new ArrayList<>();
    private @Nullable PreparedStatement statement;
    private String sql = "";

    RowSender(Connection connection, Tally tally) {
        this.connection = connection;
        this.tally = tally;
    }

    void send(
            TableId table,
            RowStatement row,
            Expectation expectation,
            RowImage before,
            RowImage after)
            throws SQLException {
        PreparedStatement prepared = statement;
        if (prepared == null || pending.size() >= MOST_TOGETHER || !sql.equals(row.sql())) {
            flush();
            prepared = connection.prepareStatement(row.sql());
            prepared.unwrap(PGStatement.class).setPrepareThreshold(1);
            statement = prepared;
            sql = row.sql();
        } else {
            prepared.addBatch();
        }
        List<Parameter> parameters = row.parameters();
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            bind(prepared, i + 1, parameter.column(), parameter.old() ? before : after);
        }
        pending.add(new Pending(table, expectation));
    }

    /** A row of the table could not be completed. */
    void needsMerge(TableId table) {
        tally.needsMerge(table);
    }

    void flush() throws SQLException {
        PreparedStatement prepared = statement;
        if (prepared == null) {
            return;
        }
        statement = null;
        List<Pending> sent = List.copyOf(pending);
        pending.clear();
        try (prepared) {
            if (sent.size() == 1) {
                settle(sent.getFirst(), prepared.executeUpdate());
            } else {
                prepared.addBatch();
                int[] counts = prepared.executeBatch();
                for (int i = 0; i < counts.length; i++) {
                    settle(sent.get(i), counts[i]);
                }
            }
        }
    }

    /** Forgets what was not sent. */
    void discard() throws SQLException {
        pending.clear();
        PreparedStatement prepared = statement;
        statement = null;
        if (prepared != null) {
            prepared.close();
        }
    }

    private void settle(Pending sent, int rows) {
        if (rows > 0) {
            return;
        }
        switch (sent.expectation()) {
            case ONE_ROW -> tally.conflicts(sent.table(), 1);
            case ROW_OR_MERGE -> tally.needsMerge(sent.table());
            case ANY -> {}
        }
    }

    private void bind(PreparedStatement prepared, int place, PlannedColumn column, RowImage image)
            throws SQLException {
        int index = column.index();
        if (image.kind(index) == TupleReader.NULL) {
            prepared.setNull(place, Types.OTHER, column.wireName());
            return;
        }
        byte[] bytes = image.value(index);
        if (image.kind(index) == TupleReader.BINARY && bytes.length > 0) {
            if (binaryOids.add(column.wireOid())) {
                connection
                        .unwrap(PgConnection.class)
                        .getQueryExecutor()
                        .addBinarySendOid(column.wireOid());
            }
            column.translator().rewrite(bytes, 0, bytes.length);
            prepared.setObject(place, new WireValue(column.wireName(), bytes));
        } else {
            PGobject text = new PGobject();
            text.setType(column.wireName());
            text.setValue(new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8));
            prepared.setObject(place, text);
        }
    }
}
