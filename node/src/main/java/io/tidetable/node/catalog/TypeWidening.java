package io.tidetable.node.catalog;

import io.tidetable.node.types.TypeForm;
import io.tidetable.node.types.TypeMapping;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which types hold every value of another, by their SQL text. */
final class TypeWidening {
    private static final List<String> INTEGERS = List.of("smallint", "integer", "bigint");
    private static final Pattern SIZED =
            Pattern.compile(
                    "(character varying|character|bit varying|numeric)(?:\\((\\d+)(?:,(-?\\d+))?\\))?");

    private TypeWidening() {}

    /** Whether a destination's column holds every value of a source's type as it is. */
    static boolean holds(
            ColumnDefinition there, String narrow, int narrowSourceOid, TypeMapping mapping) {
        return holds(there.type(), narrow)
                || (there.type().equals("text")
                        && mapping.source()
                                .find(narrowSourceOid)
                                .filter(type -> type.form() instanceof TypeForm.Enumeration)
                                .isPresent());
    }

    /** Whether every value of one type is a value of the other, and reads the same there. */
    static boolean holds(String wide, String narrow) {
        if (wide.equals(narrow)) {
            return true;
        }
        if (INTEGERS.contains(wide) && INTEGERS.contains(narrow)) {
            return INTEGERS.indexOf(wide) > INTEGERS.indexOf(narrow);
        }
        if (wide.equals("double precision") && narrow.equals("real")) {
            return true;
        }
        if (wide.equals("text") && narrow.startsWith("character varying")) {
            return !narrow.endsWith("]");
        }
        return holdsSized(wide, narrow);
    }

    private static boolean holdsSized(String wide, String narrow) {
        Matcher wider = SIZED.matcher(wide);
        Matcher narrower = SIZED.matcher(narrow);
        if (!wider.matches()
                || !narrower.matches()
                || !wider.group(1).equals(narrower.group(1))
                || wider.group(1).equals("character")) {
            return false;
        }
        if (wider.group(2) == null) {
            return true;
        }
        if (narrower.group(2) == null) {
            return false;
        }
        int more = Integer.parseInt(wider.group(2)) - Integer.parseInt(narrower.group(2));
        int scaleMore = scale(wider) - scale(narrower);
        return scaleMore >= 0 && more >= scaleMore;
    }

    private static int scale(Matcher type) {
        return type.group(3) == null ? 0 : Integer.parseInt(type.group(3));
    }
}
