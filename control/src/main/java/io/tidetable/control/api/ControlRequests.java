package io.tidetable.control.api;

import io.javalin.http.Context;
import io.tidetable.control.document.Documents;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.store.Key;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.SchemaOverride.InForce;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What requests to the control plane have in common: who asks, pages, versions, names. */
final class ControlRequests {
    /** Who wants a change: only a name for people, and only where no token tells. */
    static final String AUTHOR = "Tidetable-Author";

    static final int LARGEST_PAGE = 1000;
    static final int USUAL_PAGE = 100;

    private ControlRequests() {}

    static String author(Context context) {
        String token = Caller.of(context).token();
        if (token != null) {
            return token;
        }
        String author = context.header(AUTHOR);
        if (author == null || author.isBlank()) {
            return "somebody at " + context.ip();
        }
        if (author.length() > 100) {
            throw ApiException.badRequest("an author's name takes at most 100 characters");
        }
        return author.strip();
    }

    /** Refuses addresses with the character that no database keeps in a text. */
    static void requireStorable(Context context) {
        boolean nul =
                context.queryParamMap().values().stream()
                        .flatMap(List::stream)
                        .anyMatch(it -> it.indexOf('\0') >= 0);
        if (nul) {
            throw ApiException.badRequest(
                    "a parameter holds the character NUL (%00), which no name and no text has");
        }
    }

    static int limit(Context context) {
        return (int) number(context, "limit", USUAL_PAGE, 1, LARGEST_PAGE);
    }

    static long number(Context context, String name, long usual, long least, long most) {
        String written = context.queryParam(name);
        if (written == null || written.isEmpty()) {
            return usual;
        }
        return number(name, written, least, most);
    }

    static long number(String name, String written, long least, long most) {
        try {
            long number = Long.parseLong(written);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw notANumber(name, written, least, most);
        }
        throw notANumber(name, written, least, most);
    }

    private static ApiException notANumber(String name, String written, long least, long most) {
        return ApiException.badRequest(
                "%s takes a whole number from %d to %d, got '%s'"
                        .formatted(name, least, most, written));
    }

    /** The version that a change was made from: every change of something versioned names it. */
    static long ifMatch(Context context) {
        return number("If-Match", ifMatchTag(context), 0, Long.MAX_VALUE);
    }

    /** The same where a version is no number. */
    static String ifMatchTag(Context context) {
        String tag = context.header("If-Match");
        if (tag == null) {
            throw new ApiException(
                    428,
                    "TT-641",
                    "this change needs the header If-Match with the ETag of what it was made from; read it first");
        }
        return tag.strip().replaceFirst("^\"", "").replaceFirst("\"$", "");
    }

    static void tag(Context context, long version) {
        tag(context, Long.toString(version));
    }

    static void tag(Context context, String version) {
        context.header("ETag", "\"" + version + "\"");
    }

    /** The body, in which an unknown key or a wrong type is a mistake. */
    static <T> T body(Context context, Class<T> type) {
        try {
            String body = context.body();
            Documents.requireStorable(body);
            return Documents.read(body, type);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(Objects.toString(e.getMessage()));
        }
    }

    /** What makes a value of a body, whose mistakes are the caller's. */
    static <T> T checked(java.util.function.Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(Objects.toString(e.getMessage()));
        }
    }

    /** What is in force of the table of that name, at the named destination or at all. */
    static List<InForce> named(ControlPlane control, String table, @Nullable String destination) {
        List<InForce> found =
                control.inForce().stream()
                        .filter(it -> isNamed(it.schema().table(), table))
                        .filter(it ->
                                destination == null
                                        || it.schema().destination().name().equals(destination))
                        .toList();
        if (found.isEmpty()) {
            throw ApiException.notFound(
                    "TT-603",
                    "the table '%s' is not replicated%s; GET /api/v1/replication-schemas lists those that are"
                            .formatted(
                                    table, destination == null ? "" : " to '" + destination + "'"));
        }
        return found;
    }

    /** The one that is meant. */
    static Key key(ControlPlane control, Context context) {
        List<InForce> found =
                named(control, context.pathParam("name"), context.queryParam("destination"));
        if (found.size() > 1) {
            throw ApiException.badRequest(
                    "the table goes to several destinations (%s); name one by ?destination="
                            .formatted(
                                    found.stream()
                                            .map(it -> it.schema().destination().name())
                                            .toList()));
        }
        return Key.of(found.getFirst().schema());
    }

    private static boolean isNamed(TableId table, String name) {
        return table.toString().equals(name)
                || (table.namespace().equals("public") && table.name().equals(name));
    }
}
