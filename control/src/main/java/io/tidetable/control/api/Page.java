package io.tidetable.control.api;

import io.javalin.http.Context;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list that a request wants.
 *
 * @param next the cursor behind which the next part begins; null where this is the last
 */
record Page<T>(List<T> items, @Nullable String next) {
    static final String BETWEEN = "\u0001";

    /**
     * The part that {@code after} and {@code limit} name.
     *
     * @param cursor its place in the order of the list
     * @param usual most entries where the request names no limit
     */
    static <T> Page<T> of(
            Context context, Stream<T> all, Function<? super T, String> cursor, int usual) {
        String after = context.queryParam("after");
        int limit =
                (int)
                        ControlRequests.number(
                                context, "limit", usual, 1, ControlRequests.LARGEST_PAGE);
        List<Map.Entry<String, T>> found =
                all.map(it -> Map.entry(cursor.apply(it), it))
                        .filter(it -> after == null || it.getKey().compareTo(after) > 0)
                        .sorted(Comparator.comparing(Map.Entry<String, T>::getKey))
                        .limit(limit + 1L)
                        .toList();
        List<Map.Entry<String, T>> page = found.subList(0, Math.min(limit, found.size()));
        return new Page<>(
                page.stream().map(Map.Entry::getValue).toList(),
                found.size() > limit ? page.getLast().getKey() : null);
    }
}
