package io.tidetable.node.apply;

import io.tidetable.model.TidetableException;

/**
 * The destination could not take a batch for a reason that lies in no row and may pass: the
 * connection, a full disk, a lock, a deadlock. Nothing is known to be written; the progress is to
 * be read again before the next attempt.
 */
public final class RetryableApplyException extends TidetableException {
    RetryableApplyException(String code, String sentence, Throwable cause) {
        super(code, sentence, cause);
    }
}
