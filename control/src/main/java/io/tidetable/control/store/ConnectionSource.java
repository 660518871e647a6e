package io.tidetable.control.store;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens sessions of one database, in autocommit mode. */
@FunctionalInterface
public interface ConnectionSource {
    /**
     * Opens a session.
     *
     * @param purpose shown as its application_name
     */
    Connection open(String purpose) throws SQLException;
}
