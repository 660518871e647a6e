package io.tidetable.node.types;

import java.io.Serial;
import java.sql.SQLException;

/** What a value refers to could not be asked for just now; it may be possible later. */
public final class ReferenceLookupException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1;

    ReferenceLookupException(SQLException cause) {
        super(cause.getMessage(), cause);
    }
}
