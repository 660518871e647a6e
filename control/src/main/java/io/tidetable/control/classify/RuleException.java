package io.tidetable.control.classify;

import io.tidetable.model.TidetableException;

/** A rule cannot be used; nothing was changed. */
public final class RuleException extends TidetableException {
    private final String rule;
    private final int line;
    private final int column;

    public RuleException(String rule, int line, int column, String problem) {
        super(
                "TT-640",
                "rule '%s', line %d, column %d: %s; no rule was changed"
                        .formatted(rule, line, column, problem));
        this.rule = rule;
        this.line = line;
        this.column = column;
    }

    public String rule() {
        return rule;
    }

    /** Where in the condition, counted from 1. */
    public int atLine() {
        return line;
    }

    /** Where in that line, counted from 1. */
    public int atColumn() {
        return column;
    }
}
