package io.tidetable.app.settings;

import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.postgres.Database;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/** Turns a document into settings: references resolved, values checked, defaults put in. */
final class DocumentCheck {
    private final WrittenValues values;

    DocumentCheck(UnaryOperator<@Nullable String> environment) {
        this.values = new WrittenValues(environment);
    }

    Settings settings(Document document) {
        JsonPointer root = JsonPointer.empty();
        String name =
                values.value(
                        root.appendProperty("name"),
                        document.name(),
                        Settings.DEFAULT_NAME,
                        t -> t);
        DatabaseKeys databases = new DatabaseKeys(values);
        PipelineKeys pipeline = new PipelineKeys(values);
        Database source = databases.source(document.source());
        int appliers =
                values.value(
                        root.appendProperty("appliers"),
                        document.appliers(),
                        Settings.DEFAULT_APPLIERS,
                        text -> ValueKinds.number(text, 2, 64));
        TableRules tables = new TableRules(values);
        List<PipelineSettings.Destination> destinations =
                databases.destinations(document.destinations(), appliers);
        Settings settings =
                new Settings(
                        name,
                        source,
                        destinations,
                        tables.rules(document.tables()),
                        tables.tags(),
                        new StrategyKeys(values).functions(document.functions()),
                        pipeline.pushDown(document.functional()),
                        tables.stated(),
                        databases.metadata(document.metadata(), destinations),
                        pipeline.journal(document.journal()),
                        pipeline.tuning(document.tuning()),
                        pipeline.moves(document.moves()),
                        values.value(
                                root.appendProperty("lost_changes"),
                                document.lostChanges(),
                                PipelineSettings.LostChanges.MERGE,
                                text ->
                                        ValueKinds.choice(
                                                text, PipelineSettings.LostChanges.values())),
                        ClassificationKeys.rules(document.rules()),
                        new ClassificationKeys(values).classification(document.classification()),
                        api(document.api()),
                        log(document.log()));
        WrittenValues.checked(
                root.appendProperty("name"), () -> settings.pipeline(Path.of("unused")));
        return settings;
    }

    private Settings.Api api(Document.@Nullable Api api) {
        if (api == null) {
            return Settings.Api.DEFAULT;
        }
        return new ApiKeys(values).api(api);
    }

    private Settings.Log log(Document.@Nullable Log log) {
        if (log == null) {
            return Settings.Log.DEFAULT;
        }
        JsonPointer place = JsonPointer.valueOf("/log");
        return new Settings.Log(
                values.value(
                        place.appendProperty("format"),
                        log.format(),
                        Settings.Log.DEFAULT.format(),
                        text -> ValueKinds.choice(text, Settings.Log.Format.values())),
                values.value(
                        place.appendProperty("level"),
                        log.level(),
                        Settings.Log.DEFAULT.level(),
                        text -> ValueKinds.choice(text, Settings.Log.Level.values())));
    }
}
