package io.tidetable.node.strategy;

import io.tidetable.model.TableId;
import io.tidetable.node.sampling.Histogram;
import io.tidetable.node.sampling.Shift;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** The shifts that were found in samples, as a destination has them: {@code tidetable.shift}. */
public final class Shifts {
    private static final String RECORD =
            """
            INSERT INTO tidetable.shift (pipeline, namespace, name, column_name, statistic, value, p,
                severity, stability_index, bins, baseline_rows, rows_now)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """;

    private final String pipeline;

    /** The shifts of a pipeline's tables. */
    public Shifts(String pipeline) {
        this.pipeline = pipeline;
    }

    /**
     * Writes shifts down.
     *
     * @param destination in autocommit mode
     */
    public void record(Connection destination, TableId table, List<Shift> shifts)
            throws SQLException {
        for (Shift shift : shifts) {
            Histogram.Pair histograms = shift.histograms();
            try (PreparedStatement statement = destination.prepareStatement(RECORD)) {
                statement.setString(1, pipeline);
                statement.setString(2, table.namespace());
                statement.setString(3, table.name());
                statement.setString(4, shift.column());
                statement.setString(5, shift.statistic());
                statement.setDouble(6, shift.value());
                statement.setDouble(7, shift.p());
                statement.setString(8, histograms.severity());
                statement.setDouble(9, histograms.stabilityIndex());
                statement.setArray(
                        10,
                        destination.createArrayOf(
                                "text", histograms.baseline().labels().toArray()));
                statement.setArray(
                        11,
                        destination.createArrayOf(
                                "int8", histograms.baseline().counts().toArray()));
                statement.setArray(
                        12, destination.createArrayOf("int8", histograms.now().counts().toArray()));
                statement.executeUpdate();
            }
        }
    }
}
