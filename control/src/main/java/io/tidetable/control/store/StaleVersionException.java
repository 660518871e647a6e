package io.tidetable.control.store;

import io.tidetable.model.TidetableException;

/** Somebody else changed it since it was read: nothing was saved. */
public final class StaleVersionException extends TidetableException {
    public StaleVersionException(String what, long expected) {
        this(what, Long.toString(expected));
    }

    /** By a tag instead of a number. */
    public StaleVersionException(String what, String expected) {
        super(
                "TT-630",
                "%s is no longer at version %s, somebody changed it meanwhile, so nothing was saved; read it again and decide anew"
                        .formatted(what, expected));
    }
}
