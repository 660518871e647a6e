package io.tidetable.node.postgres;

import io.tidetable.model.TableId;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.function.Function;

/** Parameters of type {@code text[]}, by which one statement is told of many things. */
public final class TextArrays {
    private TextArrays() {}

    /** Sets a parameter to what each of the values says, in their order. */
    public static <T> void set(
            PreparedStatement statement,
            int index,
            Collection<? extends T> values,
            Function<? super T, String> text)
            throws SQLException {
        statement.setArray(
                index,
                statement
                        .getConnection()
                        .createArrayOf("text", values.stream().map(text).toArray()));
    }

    /** Sets two parameters, from the index on: the tables' namespaces and their names. */
    public static void setNames(PreparedStatement statement, int index, Collection<TableId> tables)
            throws SQLException {
        set(statement, index, tables, TableId::namespace);
        set(statement, index + 1, tables, TableId::name);
    }
}
