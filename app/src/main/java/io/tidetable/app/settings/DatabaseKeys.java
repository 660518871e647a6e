package io.tidetable.app.settings;

import io.tidetable.model.DestinationId;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.postgres.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/** Reads the blocks that name databases: {@code source}, {@code destinations}, {@code metadata}. */
final class DatabaseKeys {
    private static final Pattern DESTINATION_NAME = Pattern.compile("[a-z][a-z0-9_-]{0,39}");

    private final WrittenValues values;

    DatabaseKeys(WrittenValues values) {
        this.values = values;
    }

    Database source(Document.@Nullable Source source) {
        JsonPointer place = JsonPointer.valueOf("/source");
        if (source == null) {
            throw WrittenValues.missing(
                    place,
                    "'source' is missing; write source: {url: \"postgresql://user@host:5432/database\"}");
        }
        return database(place, source.url(), source.password());
    }

    /** Without a place of its own, the first destination's database. */
    Database metadata(
            Document.@Nullable Metadata metadata, List<PipelineSettings.Destination> destinations) {
        return metadata == null
                ? destinations.getFirst().database()
                : database(JsonPointer.valueOf("/metadata"), metadata.url(), metadata.password());
    }

    private Database database(JsonPointer place, @Nullable String url, @Nullable String password) {
        JsonPointer at = place.appendProperty("url");
        if (url == null) {
            throw WrittenValues.missing(
                    place,
                    WrittenValues.name(place)
                            + " has no 'url'; write url: \"postgresql://user@host:5432/database\"");
        }
        String resolved = values.text(at, url);
        String secret =
                password == null ? null : values.text(place.appendProperty("password"), password);
        return WrittenValues.checked(at, () -> DatabaseUrl.parse(resolved, secret));
    }

    List<PipelineSettings.Destination> destinations(
            @Nullable Map<String, Document.Destination> blocks, int appliers) {
        JsonPointer root = JsonPointer.valueOf("/destinations");
        if (blocks == null || blocks.isEmpty()) {
            throw WrittenValues.missing(
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
                throw WrittenValues.missing(place, WrittenValues.name(place) + " has no 'url'");
            }
            destinations.add(
                    new PipelineSettings.Destination(
                            new DestinationId(id),
                            database(place, block.url(), block.password()),
                            values.value(
                                    place.appendProperty("appliers"),
                                    block.appliers(),
                                    appliers,
                                    text -> ValueKinds.number(text, 2, 64))));
        });
        return destinations;
    }
}
