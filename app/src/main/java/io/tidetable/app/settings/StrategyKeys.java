package io.tidetable.app.settings;

import io.tidetable.model.TableId;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.functional.ConditionReader;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/** Turns what the settings say of strategies and functions into values. */
final class StrategyKeys {
    private static final Strategy.Sampling USUAL = Strategy.Sampling.USUAL;

    private final WrittenValues values;

    StrategyKeys(WrittenValues values) {
        this.values = values;
    }

    Strategy strategy(JsonPointer place, Document.@Nullable Strategy written) {
        if (written == null) {
            return new Strategy.PrioritizedDelta();
        }
        if (written.kind() == null) {
            throw WrittenValues.missing(
                    place,
                    WrittenValues.name(place)
                            + " has no 'kind'; write strategy: full, or strategy: {kind: full, cadence: 5m}");
        }
        String kind = values.text(place, written.kind());
        refuseForeignKeys(place, kind, written);
        try {
            return switch (kind) {
                case "delta" -> new Strategy.PrioritizedDelta();
                case "full" ->
                        values.value(
                                place.appendProperty("cadence"),
                                written.cadence(),
                                new Strategy.Full(Strategy.Full.USUAL_CADENCE),
                                text ->
                                        text.strip().equals(Strategy.Full.AUTOMATIC)
                                                ? Strategy.Full.byCosts()
                                                : new Strategy.Full(Durations.parse(text)));
                case "sampling" ->
                        new Strategy.Sampling(
                                share(place, "margin", written.margin(), USUAL.marginOfError()),
                                share(
                                        place,
                                        "confidence",
                                        written.confidence(),
                                        USUAL.confidence()),
                                share(
                                        place,
                                        "false_alarms",
                                        written.falseAlarms(),
                                        USUAL.falseAlarms()),
                                values.value(
                                        place.appendProperty("window"),
                                        written.window(),
                                        USUAL.window(),
                                        Durations::parse),
                                values.value(
                                        place.appendProperty("windows"),
                                        written.windows(),
                                        USUAL.windowsInARow(),
                                        text -> ValueKinds.number(text, 1, 100)));
                case "functional" ->
                        new Strategy.Functional(
                                Objects.requireNonNullElse(written.functions(), List.of()),
                                Objects.requireNonNullElse(written.columns(), List.of()),
                                written.rows() == null
                                        ? null
                                        : values.text(
                                                place.appendProperty("rows"), written.rows()));
                default ->
                        throw new IllegalArgumentException(
                                "takes delta, full, sampling or functional, got '" + kind + "'");
            };
        } catch (IllegalArgumentException e) {
            throw new SettingsMistake(
                    "TT-103", place, WrittenValues.name(place) + " " + e.getMessage());
        }
    }

    private static void refuseForeignKeys(
            JsonPointer place, String kind, Document.Strategy written) {
        Map<String, @Nullable Object> keys = new LinkedHashMap<>();
        if (!kind.equals("full")) {
            keys.put("cadence", written.cadence());
        }
        if (!kind.equals("sampling")) {
            keys.put("margin", written.margin());
            keys.put("confidence", written.confidence());
            keys.put("false_alarms", written.falseAlarms());
            keys.put("window", written.window());
            keys.put("windows", written.windows());
        }
        if (!kind.equals("functional")) {
            keys.put("functions", written.functions());
            keys.put("columns", written.columns());
            keys.put("rows", written.rows());
        }
        keys.forEach((key, value) -> {
            if (value != null) {
                throw new SettingsMistake(
                        "TT-103",
                        place.appendProperty(key),
                        "%s means nothing to strategy %s; leave it out"
                                .formatted(WrittenValues.name(place.appendProperty(key)), kind));
            }
        });
    }

    /** A share, as a number below one or in per cent. */
    private double share(JsonPointer place, String key, @Nullable String written, double usual) {
        return values.value(
                place.appendProperty(key),
                written,
                usual,
                text -> {
                    String stripped = text.strip();
                    boolean percent = stripped.endsWith("%");
                    String number =
                            percent
                                    ? stripped.substring(0, stripped.length() - 1).strip()
                                    : stripped;
                    try {
                        return Double.parseDouble(number) / (percent ? 100 : 1);
                    } catch (NumberFormatException e) {
                        throw new IllegalArgumentException(
                                "takes a share such as 0.02 or \"2 %\", got '" + text + "'", e);
                    }
                });
    }

    List<FunctionDeclaration> functions(@Nullable Map<String, Document.Function> blocks) {
        List<FunctionDeclaration> functions = new ArrayList<>();
        if (blocks != null) {
            blocks.forEach((name, block) ->
                    functions.add(
                            function(
                                    JsonPointer.valueOf("/functions").appendProperty(name),
                                    name,
                                    block)));
        }
        return functions;
    }

    private FunctionDeclaration function(
            JsonPointer place, String name, Document.@Nullable Function block) {
        if (block == null
                || (block.tables() == null
                        && block.queries() == null
                        && block.statements() == null)) {
            throw WrittenValues.missing(
                    place,
                    WrittenValues.name(place)
                            + " says nothing; name its 'tables', its 'queries' or whose 'statements' it consists of");
        }
        Map<TableId, TableNeed> tables = new LinkedHashMap<>();
        if (block.tables() != null) {
            block.tables()
                    .forEach((table, need) -> {
                        JsonPointer at = place.appendProperty("tables").appendProperty(table);
                        tables.put(table(at, table), need(at, need));
                    });
        }
        List<String> queries = new ArrayList<>();
        if (block.queries() != null) {
            block.queries()
                    .forEach(query ->
                            queries.add(values.text(place.appendProperty("queries"), query)));
        }
        Document.Statements statements = block.statements();
        return new FunctionDeclaration(
                name,
                tables,
                queries,
                statements == null
                        ? null
                        : statements(place.appendProperty("statements"), statements));
    }

    private FunctionDeclaration.Statements statements(
            JsonPointer place, Document.Statements written) {
        try {
            return new FunctionDeclaration.Statements(
                    written.role() == null ? null : values.text(place, written.role()),
                    written.containing() == null ? null : values.text(place, written.containing()));
        } catch (IllegalArgumentException e) {
            throw new SettingsMistake(
                    "TT-103",
                    place,
                    WrittenValues.name(place)
                            + " needs a 'role' or a text that they are 'containing'");
        }
    }

    private static TableId table(JsonPointer place, String name) {
        int dot = name.indexOf('.');
        if (dot < 1 || dot == name.length() - 1) {
            throw new SettingsMistake(
                    "TT-103", place, WrittenValues.name(place) + " takes a table as schema.table");
        }
        return new TableId(name.substring(0, dot), name.substring(dot + 1));
    }

    private TableNeed need(JsonPointer place, Document.@Nullable Need written) {
        if (written == null) {
            return TableNeed.EVERYTHING;
        }
        RowCondition rows =
                written.rows() == null
                        ? RowCondition.always()
                        : ConditionReader.read(
                                values.text(place.appendProperty("rows"), written.rows()));
        return new TableNeed(
                written.columns() == null ? null : new TreeSet<>(written.columns()), rows);
    }
}
