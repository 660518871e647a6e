package io.tidetable.node.verify;

import java.util.List;
import java.util.stream.Collectors;

/** Values as SQL takes them. */
public final class SqlText {
    private SqlText() {}

    /** A text, whatever standard_conforming_strings says. */
    public static String literal(String text) {
        String quoted = text.replace("'", "''");
        return text.indexOf('\\') < 0
                ? "'" + quoted + "'"
                : "E'" + quoted.replace("\\", "\\\\") + "'";
    }

    /** An array of texts, without its type. */
    public static String array(List<String> texts) {
        return texts.stream()
                .map(SqlText::literal)
                .collect(Collectors.joining(", ", "ARRAY[", "]"));
    }
}
