package io.tidetable.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.random.RandomGenerator;

/**
 * What an application does to the source: its tables and one of its transactions. {@link
 * WorkloadRun} runs it.
 */
public interface Workload {
    /** Creates the tables and their first rows. */
    void create(Connection connection) throws SQLException;

    /**
     * Runs one transaction on a connection without auto-commit, chosen by the given chance alone,
     * and leaves the connection ready to commit: the caller commits.
     */
    void transaction(Connection connection, RandomGenerator random) throws SQLException;
}
