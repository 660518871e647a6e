package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.DestinationId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Waits for what the source has by now, and what is there then. */
final class Arrivals {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Arrivals() {}

    static void awaitComplete(Pipeline pipeline) throws InterruptedException {
        awaitComplete(pipeline, PipelineBuilder.REPORTING);
    }

    static void awaitComplete(Pipeline pipeline, DestinationId destination)
            throws InterruptedException {
        awaitComplete(pipeline, destination, LIMIT);
    }

    static void awaitComplete(Pipeline pipeline, DestinationId destination, Duration limit)
            throws InterruptedException {
        assertThat(pipeline.awaitComplete(destination, Set.of(), pipeline.sourcePosition(), limit))
                .as(() -> pipeline.status().toString())
                .isTrue();
    }

    /** The rows of a query as text, in the order of that; closes the session. */
    static List<String> rows(Connection opened, String query) throws SQLException {
        try (Connection connection = opened;
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT coalesce(array_agg(q::text ORDER BY q::text), '{}') FROM ("
                                        + query
                                        + ") q")) {
            row.next();
            return Arrays.asList((String[]) row.getArray(1).getArray());
        }
    }

    /** The first column of a query, in its order; closes the session. */
    static List<String> texts(Connection opened, String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Connection connection = opened;
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            while (row.next()) {
                texts.add(row.getString(1));
            }
        }
        return texts;
    }
}
