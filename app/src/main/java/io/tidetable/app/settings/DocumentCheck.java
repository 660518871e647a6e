package io.tidetable.app.settings;

import io.tidetable.control.classify.RuleException;
import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.document.RuleDocument;
import io.tidetable.control.plane.Reclassification;
import io.tidetable.model.ByteSize;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.tracks.TrackPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/** Turns a document into settings: references resolved, values checked, defaults put in. */
final class DocumentCheck {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{([^}]*)}");
    private static final Pattern DESTINATION_NAME = Pattern.compile("[a-z][a-z0-9_-]{0,39}");

    private final UnaryOperator<@Nullable String> environment;

    DocumentCheck(UnaryOperator<@Nullable String> environment) {
        this.environment = environment;
    }

    Settings settings(Document document) {
        JsonPointer root = JsonPointer.empty();
        String name =
                value(root.appendProperty("name"), document.name(), Settings.DEFAULT_NAME, t -> t);
        Database source = source(document.source());
        int appliers =
                value(
                        root.appendProperty("appliers"),
                        document.appliers(),
                        Settings.DEFAULT_APPLIERS,
                        text -> number(text, 2, 64));
        TableRules tables = new TableRules(this);
        List<PipelineSettings.Destination> destinations =
                destinations(document.destinations(), appliers);
        Settings settings =
                new Settings(
                        name,
                        source,
                        destinations,
                        tables.rules(document.tables()),
                        tables.tags(),
                        new StrategyKeys(this).functions(document.functions()),
                        tables.stated(),
                        metadata(document.metadata(), destinations),
                        journal(document.journal()),
                        tuning(document.tuning()),
                        moves(document.moves()),
                        value(
                                root.appendProperty("lost_changes"),
                                document.lostChanges(),
                                PipelineSettings.LostChanges.MERGE,
                                text -> choice(text, PipelineSettings.LostChanges.values())),
                        rules(document.rules()),
                        classification(document.classification()),
                        api(document.api()),
                        log(document.log()));
        checked(
                root.appendProperty("name"),
                () -> settings.pipeline(java.nio.file.Path.of("unused")));
        return settings;
    }

    private Database source(Document.@Nullable Source source) {
        JsonPointer place = JsonPointer.valueOf("/source");
        if (source == null) {
            throw missing(
                    place,
                    "'source' is missing; write source: {url: \"postgresql://user@host:5432/database\"}");
        }
        return database(place, source.url(), source.password());
    }

    /** Without a place of its own, the first destination's database. */
    private Database metadata(
            Document.@Nullable Metadata metadata, List<PipelineSettings.Destination> destinations) {
        return metadata == null
                ? destinations.getFirst().database()
                : database(JsonPointer.valueOf("/metadata"), metadata.url(), metadata.password());
    }

    private Database database(JsonPointer place, @Nullable String url, @Nullable String password) {
        JsonPointer at = place.appendProperty("url");
        if (url == null) {
            throw missing(
                    place,
                    name(place)
                            + " has no 'url'; write url: \"postgresql://user@host:5432/database\"");
        }
        String resolved = text(at, url);
        String secret = password == null ? null : text(place.appendProperty("password"), password);
        return checked(at, () -> DatabaseUrl.parse(resolved, secret));
    }

    private List<PipelineSettings.Destination> destinations(
            @Nullable Map<String, Document.Destination> blocks, int appliers) {
        JsonPointer root = JsonPointer.valueOf("/destinations");
        if (blocks == null || blocks.isEmpty()) {
            throw missing(
                    root,
                    "'destinations' is missing; write destinations: {reporting: {url:"
                            + " \"postgresql://user@host:5432/database\"}}");
        }
        List<PipelineSettings.Destination> destinations = new ArrayList<>();
        blocks.forEach((id, block) -> {
            JsonPointer place = root.appendProperty(id);
            if (!DESTINATION_NAME.matcher(id).matches()) {
                throw new SettingsMistake(
                        "TT-103",
                        place,
                        "a destination's name takes up to 40 lower case letters, digits,"
                                + " '_' and '-', beginning with a letter, got '"
                                + id
                                + "'");
            }
            if (block == null) {
                throw missing(place, name(place) + " has no 'url'");
            }
            destinations.add(
                    new PipelineSettings.Destination(
                            new DestinationId(id),
                            database(place, block.url(), block.password()),
                            value(
                                    place.appendProperty("appliers"),
                                    block.appliers(),
                                    appliers,
                                    text -> number(text, 2, 64))));
        });
        return destinations;
    }

    private PipelineSettings.Journal journal(Document.@Nullable Journal journal) {
        PipelineSettings.Journal usual = PipelineSettings.Journal.DEFAULT;
        if (journal == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/journal");
        return new PipelineSettings.Journal(
                value(place.appendProperty("bulk"), journal.bulk(), usual.bulk(), atLeast("64MB")),
                value(
                        place.appendProperty("express"),
                        journal.express(),
                        usual.express(),
                        atLeast("64MB")),
                value(
                        place.appendProperty("reserve"),
                        journal.reserve(),
                        usual.diskReserve(),
                        ByteSize::parse));
    }

    private PipelineSettings.Tuning tuning(Document.@Nullable Tuning tuning) {
        PipelineSettings.Tuning usual = PipelineSettings.Tuning.DEFAULT;
        if (tuning == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/tuning");
        return new PipelineSettings.Tuning(
                value(
                        place.appendProperty("heartbeat"),
                        tuning.heartbeat(),
                        usual.heartbeat(),
                        between("100ms", "1m")),
                value(
                        place.appendProperty("batch"),
                        tuning.batch(),
                        usual.batchBytes(),
                        atLeast("64kB")),
                value(
                        place.appendProperty("chunk"),
                        tuning.chunk(),
                        usual.chunkSize(),
                        atLeast("1MB")),
                value(
                        place.appendProperty("snapshot_limit"),
                        tuning.snapshotLimit(),
                        usual.snapshotLimit(),
                        between("10s", "1d")));
    }

    private PipelineSettings.Moves moves(Document.@Nullable Moves moves) {
        PipelineSettings.Moves usual = PipelineSettings.Moves.DEFAULT;
        if (moves == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/moves");
        TrackPolicy.Limits limits = usual.limits();
        return new PipelineSettings.Moves(
                value(
                        place.appendProperty("automatic"),
                        moves.automatic(),
                        usual.automatic(),
                        DocumentCheck::truth),
                new TrackPolicy.Limits(
                        value(
                                place.appendProperty("flood_changes"),
                                moves.floodChanges(),
                                limits.floodChanges(),
                                text -> (long) number(text, 1, Integer.MAX_VALUE)),
                        value(
                                place.appendProperty("flood_bytes"),
                                moves.floodBytes(),
                                limits.floodBytes(),
                                atLeast("1kB")),
                        value(
                                place.appendProperty("flood_for"),
                                moves.floodFor(),
                                limits.floodFor(),
                                between("500ms", "10m")),
                        value(
                                place.appendProperty("calm_for"),
                                moves.calmFor(),
                                limits.calmFor(),
                                between("1s", "1d")),
                        value(
                                place.appendProperty("per_minute"),
                                moves.perMinute(),
                                limits.perMinute(),
                                text -> number(text, 1, 60))));
    }

    /** Rules take no references to the environment: their texts are conditions. */
    private static List<ClassificationRule> rules(@Nullable List<RuleDocument> written) {
        List<ClassificationRule> rules = new ArrayList<>();
        JsonPointer place = JsonPointer.valueOf("/rules");
        for (RuleDocument rule : written == null ? List.<RuleDocument>of() : written) {
            JsonPointer at = place.appendIndex(rules.size());
            rules.add(checked(at, rule::rule));
            try {
                RuleSet.of(rules);
            } catch (RuleException e) {
                throw new SettingsMistake("TT-103", at, String.valueOf(e.getMessage()));
            }
        }
        return rules;
    }

    private Reclassification classification(Document.@Nullable Classification written) {
        Reclassification usual = Reclassification.USUAL;
        if (written == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/classification");
        return new Reclassification(
                value(
                        place.appendProperty("automatic"),
                        written.automatic(),
                        usual.automatic(),
                        DocumentCheck::truth),
                value(
                        place.appendProperty("interval"),
                        written.interval(),
                        usual.interval(),
                        between("5s", "1h")),
                value(
                        place.appendProperty("looks"),
                        written.looks(),
                        usual.looks(),
                        text -> number(text, 2, 60)));
    }

    static boolean truth(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default ->
                    throw new IllegalArgumentException("takes true or false, got '" + text + "'");
        };
    }

    private Settings.Api api(Document.@Nullable Api api) {
        if (api == null) {
            return Settings.Api.DEFAULT;
        }
        return new ApiKeys(this).api(api);
    }

    private Settings.Log log(Document.@Nullable Log log) {
        if (log == null) {
            return Settings.Log.DEFAULT;
        }
        JsonPointer place = JsonPointer.valueOf("/log");
        return new Settings.Log(
                value(
                        place.appendProperty("format"),
                        log.format(),
                        Settings.Log.DEFAULT.format(),
                        text -> choice(text, Settings.Log.Format.values())),
                value(
                        place.appendProperty("level"),
                        log.level(),
                        Settings.Log.DEFAULT.level(),
                        text -> choice(text, Settings.Log.Level.values())));
    }

    /** The value at a place, or the default where none is written. */
    <T> T value(JsonPointer place, @Nullable String written, T usual, Function<String, T> parse) {
        if (written == null) {
            return usual;
        }
        String resolved = text(place, written);
        return checked(place, () -> parse.apply(resolved));
    }

    /** A text with its references to the environment replaced. */
    String text(JsonPointer place, String written) {
        Matcher matcher = REFERENCE.matcher(written);
        return matcher.replaceAll(
                reference -> Matcher.quoteReplacement(resolve(place, reference.group(1))));
    }

    private String resolve(JsonPointer place, String reference) {
        if (!reference.startsWith("env:")) {
            throw new SettingsMistake(
                    "TT-103",
                    place,
                    "%s refers to '${%s}'; references are written ${env:NAME}"
                            .formatted(name(place), reference));
        }
        String variable = reference.substring("env:".length());
        String value = environment.apply(variable);
        if (value == null) {
            throw new SettingsMistake(
                    "TT-105",
                    place,
                    "%s needs the environment variable %s, which is not set; export it first"
                            .formatted(name(place), variable));
        }
        return value;
    }

    private static <T> T checked(JsonPointer place, java.util.function.Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new SettingsMistake("TT-103", place, name(place) + " " + e.getMessage());
        }
    }

    static SettingsMistake missing(JsonPointer place, String sentence) {
        return new SettingsMistake("TT-104", place, sentence);
    }

    /** A place as people say it: {@code 'destinations.reporting.url'}. */
    static String name(JsonPointer place) {
        StringBuilder name = new StringBuilder();
        for (JsonPointer part = place; part != null && !part.matches(); part = part.tail()) {
            String property = Objects.toString(part.getMatchingProperty(), "");
            if (part.mayMatchElement() && property.matches("\\d+")) {
                name.append('[').append(Integer.parseInt(property) + 1).append(']');
            } else {
                name.append(name.isEmpty() ? "" : ".").append(property);
            }
        }
        return name.isEmpty() ? "the file" : "'" + name + "'";
    }

    static int number(String text, int least, int most) {
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "takes a whole number from %d to %d, got '%s'".formatted(least, most, text), e);
        }
        throw new IllegalArgumentException(
                "takes a whole number from %d to %d, got %s".formatted(least, most, text));
    }

    private static Function<String, ByteSize> atLeast(String least) {
        return text -> {
            ByteSize size = ByteSize.parse(text);
            if (size.bytes() < ByteSize.parse(least).bytes()) {
                throw new IllegalArgumentException(
                        "takes a size of at least %s, got '%s'".formatted(least, text));
            }
            return size;
        };
    }

    private static Function<String, Duration> between(String least, String most) {
        return text -> {
            Duration duration = Durations.parse(text);
            if (duration.compareTo(Durations.parse(least)) < 0
                    || duration.compareTo(Durations.parse(most)) > 0) {
                throw new IllegalArgumentException(
                        "takes a duration from %s to %s, got '%s'".formatted(least, most, text));
            }
            return duration;
        };
    }

    static <E extends Enum<E>> E choice(String text, E[] values) {
        for (E value : values) {
            if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
                return value;
            }
        }
        throw new IllegalArgumentException(
                "takes %s, got '%s'"
                        .formatted(
                                Arrays.stream(values)
                                        .map(value -> value.name().toLowerCase(Locale.ROOT))
                                        .collect(Collectors.joining(" or ")),
                                text));
    }

    static Track track(String text) {
        return choice(text, Track.values());
    }
}
