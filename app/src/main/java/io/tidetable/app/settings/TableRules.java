package io.tidetable.app.settings;

import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.catalog.TablePattern;
import io.tidetable.node.pipeline.PipelineSettings.TableRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/**
 * Turns the list of tables into rules.
 *
 * <p>A table rides the express track when it is marked hot: by {@code track: express}, by a
 * priority of {@value #HOT_PRIORITY} or more without a track, or by sharing a consistency group
 * with a table that is. All others ride the bulk track.
 */
final class TableRules {
    static final int HOT_PRIORITY = 10;

    private static final JsonPointer ROOT = JsonPointer.valueOf("/tables");

    private final WrittenValues values;
    private final Map<String, List<String>> tags = new LinkedHashMap<>();
    private final List<StatedTables> stated = new ArrayList<>();

    TableRules(WrittenValues values) {
        this.values = values;
    }

    /** Labels of the patterns read so far. */
    Map<String, List<String>> tags() {
        return tags;
    }

    /** What the entries read so far say by themselves, in order. */
    List<StatedTables> stated() {
        return stated;
    }

    List<TableRule> rules(@Nullable List<Document.Table> entries) {
        if (entries == null || entries.isEmpty()) {
            throw WrittenValues.missing(
                    ROOT,
                    "'tables' is missing; write tables: [\"public.*\"] for every table of the schema"
                            + " public");
        }
        List<Draft> drafts = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            drafts.add(draft(ROOT.appendIndex(i), entries.get(i)));
            onlyDeltaInSharedLanes(drafts.getLast());
        }
        if (drafts.stream().noneMatch(Draft::include)) {
            throw WrittenValues.missing(
                    ROOT,
                    "'tables' only leaves tables out; name at least one, such as \"public.*\"");
        }
        onlyStrictWhereAnyIsStrict(drafts);
        Map<String, Track> groups = tracksOfGroups(drafts);
        for (int i = 0; i < drafts.size(); i++) {
            stated.add(
                    stated(
                            drafts.get(i),
                            java.util.Objects.requireNonNull(entries.get(i)),
                            groups));
        }
        Set<String> pinned = pinnedGroups(drafts);
        return drafts.stream().map(draft -> draft.rule(groups, pinned)).toList();
    }

    /** A track follows from a priority or a group where the entry does not name one. */
    private StatedTables stated(Draft draft, Document.Table entry, Map<String, Track> groups) {
        boolean hot =
                draft.include() && entry.priority() != null && draft.priority() >= HOT_PRIORITY;
        Track track = draft.track() != null ? draft.track() : hot ? Track.EXPRESS : null;
        if (draft.consistency() instanceof Consistency.Group(String name)
                && groups.get(name) == Track.EXPRESS) {
            track = Track.EXPRESS;
        }
        return new StatedTables(
                draft.pattern(),
                draft.include(),
                WrittenValues.name(draft.place()),
                entry.consistency() == null ? null : draft.consistency(),
                entry.priority() == null ? null : draft.priority(),
                track,
                entry.strategy() == null ? null : draft.strategy(),
                entry.tags() == null ? List.of() : entry.tags());
    }

    private Draft draft(JsonPointer place, Document.@Nullable Table entry) {
        if (entry == null || entry.name() == null) {
            throw WrittenValues.missing(
                    place, WrittenValues.name(place) + " has no 'name'; write name: public.orders");
        }
        String written = values.text(place, entry.name()).strip();
        boolean include = !written.startsWith("!");
        String pattern = include ? written : written.substring(1).strip();
        refuseUnreadable(place, pattern, written);
        if (!include
                && (entry.consistency() != null
                        || entry.priority() != null
                        || entry.track() != null
                        || entry.strategy() != null
                        || entry.tags() != null)) {
            throw new SettingsMistake(
                    "TT-103",
                    place,
                    "%s leaves tables out with '!', so it takes no further keys"
                            .formatted(WrittenValues.name(place)));
        }
        if (entry.tags() != null) {
            tags.put(pattern, List.copyOf(entry.tags()));
        }
        return new Draft(
                place,
                pattern,
                include,
                values.value(
                        place.appendProperty("consistency"),
                        entry.consistency(),
                        new Consistency.Table(),
                        Consistency::parse),
                values.value(
                        place.appendProperty("priority"),
                        entry.priority(),
                        1,
                        text -> ValueKinds.number(text, 1, 1000)),
                entry.track() == null
                        ? null
                        : values.value(
                                place.appendProperty("track"),
                                entry.track(),
                                Track.BULK,
                                ValueKinds::track),
                new StrategyKeys(values)
                        .strategy(place.appendProperty("strategy"), entry.strategy()));
    }

    private static void onlyDeltaInSharedLanes(Draft draft) {
        boolean shared =
                draft.consistency() instanceof Consistency.Group
                        || draft.consistency() instanceof Consistency.Strict;
        if (shared && !(draft.strategy() instanceof Strategy.PrioritizedDelta)) {
            throw new SettingsMistake(
                    "TT-103",
                    draft.place().appendProperty("strategy"),
                    "%s promises more than strategy %s can keep: consistency %s needs every change; leave one of them out"
                            .formatted(
                                    WrittenValues.name(draft.place()),
                                    draft.strategy().label(),
                                    draft.consistency().label()));
        }
    }

    private static void refuseUnreadable(JsonPointer place, String pattern, String written) {
        try {
            TablePattern.parse(pattern);
        } catch (IllegalArgumentException e) {
            throw new SettingsMistake(
                    "TT-103",
                    place,
                    "%s takes schema.table, with * and ? for any characters and a leading ! to leave tables out, got '%s'"
                            .formatted(WrittenValues.name(place), written));
        }
    }

    private static void onlyStrictWhereAnyIsStrict(List<Draft> drafts) {
        List<Draft> included = drafts.stream().filter(Draft::include).toList();
        if (included.stream().anyMatch(Draft::strict)) {
            for (Draft draft : included) {
                if (!draft.strict()) {
                    throw new SettingsMistake(
                            "TT-103",
                            draft.place(),
                            "%s is not strict but another entry is; strict makes the whole destination one lane, so give it to every entry or to none"
                                    .formatted(WrittenValues.name(draft.place())));
                }
            }
        }
    }

    private static Set<String> pinnedGroups(List<Draft> drafts) {
        Set<String> pinned = new HashSet<>();
        for (Draft draft : drafts) {
            if (draft.pinned() && draft.consistency() instanceof Consistency.Group(String name)) {
                pinned.add(name);
            }
        }
        return pinned;
    }

    private static Map<String, Track> tracksOfGroups(List<Draft> drafts) {
        Map<String, Track> tracks = new LinkedHashMap<>();
        for (Draft draft : drafts) {
            if (draft.include() && draft.consistency() instanceof Consistency.Group(String name)) {
                tracks.merge(name, draft.ownTrack(), (a, b) -> a == Track.EXPRESS ? a : b);
            }
        }
        for (Draft draft : drafts) {
            if (draft.consistency() instanceof Consistency.Group(String name)
                    && draft.track() != null
                    && draft.track() != tracks.get(name)) {
                throw new SettingsMistake(
                        "TT-103",
                        draft.place().appendProperty("track"),
                        "%s puts a table of the group '%s' on the track %s while another of the group rides %s; tables of one group share a track"
                                .formatted(
                                        WrittenValues.name(draft.place()),
                                        name,
                                        draft.track().label(),
                                        draft.track() == Track.BULK
                                                ? Track.EXPRESS.label()
                                                : Track.BULK.label()));
            }
        }
        return tracks;
    }

    private record Draft(
            JsonPointer place,
            String pattern,
            boolean include,
            Consistency consistency,
            int priority,
            @Nullable Track track,
            Strategy strategy) {
        boolean strict() {
            return consistency instanceof Consistency.Strict;
        }

        /** Whether the settings name the track; then nothing moves the table from there. */
        boolean pinned() {
            return track != null;
        }

        Track ownTrack() {
            if (track != null) {
                return track;
            }
            return priority >= HOT_PRIORITY ? Track.EXPRESS : Track.BULK;
        }

        TableRule rule(Map<String, Track> groups, Set<String> pinnedGroups) {
            Track rides =
                    consistency instanceof Consistency.Group(String name)
                            ? groups.getOrDefault(name, ownTrack())
                            : ownTrack();
            boolean pins =
                    pinned()
                            || (consistency instanceof Consistency.Group(String group)
                                    && pinnedGroups.contains(group));
            return new TableRule(pattern, include, consistency, priority, rides, pins, strategy);
        }
    }
}
