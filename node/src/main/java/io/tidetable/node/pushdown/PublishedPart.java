package io.tidetable.node.pushdown;

import io.tidetable.model.TidetableException;
import io.tidetable.node.functional.ConditionReader;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.node.verify.SqlText;
import org.jspecify.annotations.Nullable;

/**
 * What a publication carries of a table.
 *
 * @param part columns and rows; all rows where their filter is not one of ours
 * @param foreign whether it has a filter that is not one of ours, so that nobody knows what is left
 *     out
 */
public record PublishedPart(TableNeed part, boolean foreign) {
    /** The table as a whole. */
    public static final PublishedPart WHOLE = new PublishedPart(TableNeed.EVERYTHING, false);

    private static final String MARK = "tidetable: ";
    private static final String BEGIN = "'" + MARK;
    private static final String END = "::text IS NOT NULL";

    /**
     * The filter of a publication for these rows; null for all of them. It says in a part that is
     * always true what we call it: PostgreSQL shows conditions in words of its own, which depend on
     * types and settings. The part costs nothing: it is gone before the first row is looked at.
     */
    static @Nullable String filter(RowCondition rows) {
        if (rows.isAlways()) {
            return null;
        }
        return "(%s) AND %s::text IS NOT NULL"
                .formatted(rows.sql(), SqlText.literal(MARK + rows.sql()));
    }

    /** The rows that a filter as PostgreSQL shows it lets pass; null where it is not ours. */
    static @Nullable RowCondition rows(@Nullable String filter) {
        if (filter == null) {
            return RowCondition.always();
        }
        String marked = marked(filter);
        if (marked == null) {
            return null;
        }
        try {
            return ConditionReader.read(marked);
        } catch (TidetableException e) {
            return null;
        }
    }

    private static @Nullable String marked(String filter) {
        for (int at = filter.indexOf(BEGIN); at >= 0; at = filter.indexOf(BEGIN, at + 1)) {
            StringBuilder text = new StringBuilder();
            int i = at + BEGIN.length();
            while (i < filter.length()
                    && (filter.charAt(i) != '\'' || filter.startsWith("''", i))) {
                text.append(filter.charAt(i));
                i += filter.charAt(i) == '\'' ? 2 : 1;
            }
            if (filter.startsWith(END, i + 1)) {
                return text.toString();
            }
        }
        return null;
    }

    /** Whether it holds all that is needed. */
    public boolean covers(TableNeed need) {
        return !foreign && part.covers(need);
    }

    /** Whether it is that part and nothing else. */
    public boolean is(TableNeed other) {
        return covers(other) && other.covers(part);
    }
}
