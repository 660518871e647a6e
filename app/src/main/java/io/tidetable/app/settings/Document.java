package io.tidetable.app.settings;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.tidetable.control.document.RuleDocument;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A settings file as it is written: its record components are the keys there are, in snake case.
 * Nothing is checked or completed yet.
 */
record Document(
        @Nullable String name,
        @Nullable Source source,
        @Nullable Map<String, Destination> destinations,
        @Nullable List<Table> tables,
        @Nullable Map<String, Function> functions,
        @Nullable Functional functional,
        @Nullable String appliers,
        @Nullable Metadata metadata,
        @Nullable Journal journal,
        @Nullable String lostChanges,
        @Nullable Api api,
        @Nullable Log log,
        @Nullable Moves moves,
        @Nullable List<RuleDocument> rules,
        @Nullable Classification classification,
        @Nullable Tuning tuning) {

    record Source(@Nullable String url, @Nullable String password) {}

    record Metadata(@Nullable String url, @Nullable String password) {}

    record Destination(
            @Nullable String url, @Nullable String password, @Nullable String appliers) {}

    /** One entry of {@code tables}; a bare text is its name. */
    record Table(
            @Nullable String name,
            @Nullable String consistency,
            @Nullable String priority,
            @Nullable String track,
            @Nullable Strategy strategy,
            @Nullable List<String> tags) {
        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        Table {}

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Table named(String name) {
            return new Table(name, null, null, null, null, null);
        }
    }

    /** What of a table is carried; a bare text is its kind. */
    record Strategy(
            @Nullable String kind,
            @Nullable String cadence,
            @Nullable String margin,
            @Nullable String confidence,
            @Nullable String falseAlarms,
            @Nullable String window,
            @Nullable String windows,
            @Nullable List<String> functions,
            @Nullable List<String> columns,
            @Nullable String rows) {
        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        Strategy {}

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Strategy named(String kind) {
            return new Strategy(kind, null, null, null, null, null, null, null, null, null);
        }
    }

    /** A function downstream. */
    record Function(
            @Nullable Map<String, Need> tables,
            @Nullable List<String> queries,
            @Nullable Statements statements) {}

    /** How tables are carried for functions. */
    record Functional(@Nullable String pushDown) {}

    /** What a function needs of a table. */
    record Need(@Nullable List<String> columns, @Nullable String rows) {}

    /** Statements that are run at a destination. */
    record Statements(@Nullable String role, @Nullable String containing) {}

    record Journal(@Nullable String bulk, @Nullable String express, @Nullable String reserve) {}

    record Api(
            @Nullable String host,
            @Nullable String port,
            @Nullable String tokens,
            @Nullable String certificate,
            @Nullable String key,
            @Nullable String unencrypted) {}

    record Log(@Nullable String format, @Nullable String level) {}

    record Moves(
            @Nullable String automatic,
            @Nullable String floodChanges,
            @Nullable String floodBytes,
            @Nullable String floodFor,
            @Nullable String calmFor,
            @Nullable String perMinute) {}

    record Classification(
            @Nullable String automatic, @Nullable String interval, @Nullable String looks) {}

    record Tuning(
            @Nullable String heartbeat,
            @Nullable String batch,
            @Nullable String chunk,
            @Nullable String snapshotLimit) {}
}
