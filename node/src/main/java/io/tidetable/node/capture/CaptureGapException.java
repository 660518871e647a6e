package io.tidetable.node.capture;

import io.tidetable.model.TidetableException;

/** Changes between what the journal holds and what the slot can still send are lost. */
final class CaptureGapException extends TidetableException {
    CaptureGapException(String code, String sentence) {
        super(code, sentence);
    }
}
