package io.tidetable.node.journal;

import io.tidetable.model.TidetableException;

/** A reader asked for changes that the journal does not hold any more, or never held. */
public final class JournalGapException extends TidetableException {
    public JournalGapException(String sentence) {
        super("TT-310", sentence);
    }
}
