package io.tidetable.node.pgoutput;

import io.tidetable.model.TidetableException;
import org.jspecify.annotations.Nullable;

/** Bytes of the change stream are not what PostgreSQL's pgoutput writes. */
public final class DamagedMessageException extends TidetableException {
    /**
     * A message that cannot be read.
     *
     * @param what what was expected and what was found, as the middle of a sentence
     */
    public DamagedMessageException(String what) {
        this(what, null);
    }

    DamagedMessageException(String what, @Nullable Throwable cause) {
        super(
                "TT-210",
                "a message of the source's change stream cannot be read: "
                        + what
                        + "; nothing of it was used, capture reads it again over a new connection",
                cause);
    }
}
