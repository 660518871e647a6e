package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.util.regex.Pattern;

/**
 * Names a table or many: {@code namespace.table}, either part with {@code *} (any characters) and
 * {@code ?} (any one character). A part in double quotes is taken as it is: {@code "a.b"."t*"}.
 */
public final class TablePattern {
    private final String text;
    private final Pattern namespace;
    private final Pattern name;
    private final boolean exact;

    private TablePattern(String text, Part namespace, Part name) {
        this.text = text;
        this.namespace = namespace.pattern();
        this.name = name.pattern();
        this.exact = !namespace.wild() && !name.wild();
    }

    /** A part of a pattern, compiled. */
    private record Part(Pattern pattern, boolean wild, int end) {}

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException when the text is not two parts with a dot between
     */
    public static TablePattern parse(String text) {
        Part namespace = part(text, 0);
        if (namespace.end() >= text.length() || text.charAt(namespace.end()) != '.') {
            throw notAPattern(text);
        }
        Part name = part(text, namespace.end() + 1);
        if (name.end() != text.length()) {
            throw notAPattern(text);
        }
        return new TablePattern(text, namespace, name);
    }

    private static Part part(String text, int start) {
        boolean quoted = start < text.length() && text.charAt(start) == '"';
        StringBuilder regex = new StringBuilder();
        boolean wild = false;
        int at = quoted ? start + 1 : start;
        boolean closed = !quoted;
        while (at < text.length()) {
            char character = text.charAt(at);
            if (quoted && character == '"') {
                if (at + 1 < text.length() && text.charAt(at + 1) == '"') {
                    at++;
                } else {
                    at++;
                    closed = true;
                    break;
                }
            } else if (!quoted && (character == '.' || character == '"')) {
                break;
            }
            if (!quoted && (character == '*' || character == '?')) {
                wild = true;
                regex.append(character == '*' ? ".*" : ".");
            } else {
                regex.append(Pattern.quote(String.valueOf(character)));
            }
            at++;
        }
        if (!closed || regex.isEmpty()) {
            throw notAPattern(text);
        }
        return new Part(Pattern.compile(regex.toString(), Pattern.DOTALL), wild, at);
    }

    private static IllegalArgumentException notAPattern(String text) {
        return new IllegalArgumentException(
                ("not a table pattern: '%s' (expected namespace.table, for example public.orders or"
                                + " public.tmp_*; write a name that contains a dot in double quotes)")
                        .formatted(text));
    }

    public boolean matches(TableId table) {
        return namespace.matcher(table.namespace()).matches()
                && name.matcher(table.name()).matches();
    }

    /** Whether it names one table only. */
    public boolean isExact() {
        return exact;
    }

    @Override
    public String toString() {
        return text;
    }
}
