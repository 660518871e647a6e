package io.tidetable.model;

import org.jspecify.annotations.Nullable;

/**
 * Something failed that a person should read about: a stable code, then what failed, why, and what
 * to do or what happens next, in one sentence.
 */
public class TidetableException extends RuntimeException {
    private final String code;

    /**
     * A failure with what caused it.
     *
     * @param code stable, for example {@code TT-120}
     * @param sentence what, why, what next
     */
    public TidetableException(String code, String sentence) {
        this(code, sentence, null);
    }

    public TidetableException(String code, String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
        this.code = code;
    }

    public String code() {
        return code;
    }

    /** Code and sentence, as the command line prints them. */
    public String line() {
        return code + " " + getMessage();
    }
}
