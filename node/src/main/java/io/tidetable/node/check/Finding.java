package io.tidetable.node.check;

/**
 * One thing that a preflight found.
 *
 * @param subject what it is about: a table, a setting, a server
 * @param sentence what is wrong, why it matters, and the SQL or setting that mends it
 */
public record Finding(Severity severity, Check check, String subject, String sentence) {
    /** The stable code, for example {@code TT-255}. */
    public String code() {
        return check.code();
    }

    /** Code and sentence on one line. */
    public String line() {
        return "%s %s %s: %s".formatted(severity, code(), subject, sentence);
    }
}
