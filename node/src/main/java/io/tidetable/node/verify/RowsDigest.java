package io.tidetable.node.verify;

import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.TableLayout;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Checksums of a table's rows, whatever their order.
 *
 * @param sum1 of the rows' first hashes, modulo 2^64
 * @param sum2 of their second
 */
public record RowsDigest(long rows, long sum1, long sum2) {
    /** Of no rows. */
    public static final RowsDigest NONE = new RowsDigest(0, 0, 0);

    /**
     * Of all rows at the destination.
     *
     * @param hash the one with which the source's were made
     */
    public static RowsDigest ofDestination(TableLayout layout, RowHash hash, Connection destination)
            throws SQLException {
        return TableDigest.of(
                        destination, Side.DESTINATION, new HashedRows(layout, hash), Scope.ALL, 1)
                .total();
    }
}
