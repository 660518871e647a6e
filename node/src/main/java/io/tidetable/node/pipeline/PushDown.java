package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.capture.Fence;
import io.tidetable.node.capture.LiveMoves;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.pushdown.PartChange;
import io.tidetable.node.pushdown.PublishedPart;
import io.tidetable.node.pushdown.PublishedParts;
import io.tidetable.node.pushdown.PushLimits;
import io.tidetable.node.strategy.ScopeResolver;
import io.tidetable.node.strategy.TableScope;
import io.tidetable.node.strategy.TableStrategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the publications carry no more of a table than all destinations together need of it. What
 * they carry is at the source, and what is needed at the destinations; nothing is remembered
 * besides.
 *
 * <ul>
 *   <li>Less is carried only once the lanes of every destination need less: after the merge that
 *       brought the narrower strategy has committed. What they read of the time before is more than
 *       they need.
 *   <li>More is carried before the snapshot is taken of a merge that brings more, and everybody has
 *       ended by then who wrote to the table before: what they did, and what was left out until
 *       then, the snapshot sees, and whatever it does not see came whole.
 *   <li>While a merge is at work, nothing is taken away.
 * </ul>
 *
 * <p>So a process may be killed at any moment: a merge that was to bring more is still to be made,
 * and waits anew for those who wrote before. Where publications carry less than a lane relies on,
 * others changed them, and the table is merged.
 */
final class PushDown implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PushDown.class);

    /** Heartbeats between two looks. */
    private static final int HEARTBEATS = 5;

    /** Longer than a vacuum that nobody asked for keeps its lock once others wait for it. */
    private static final Duration LOCK_TIMEOUT = Duration.ofMillis(1500);

    /** Between two attempts of a merge to have a table's lock. */
    private static final Duration LOCK_PAUSE = Duration.ofSeconds(5);

    /** What the source refused may have been allowed meanwhile. */
    private static final Duration REFUSED_FOR = Duration.ofMinutes(1);

    /** Changes of one look: each is handed to every transaction that is open at the source. */
    private static final int CHANGES = 20;

    /** Where an attempt to change it has an unknown end: nothing can be relied on. */
    private static final TableNeed UNKNOWN = new TableNeed(new TreeSet<>(), RowCondition.always());

    private final PipelineSettings settings;
    private final Collection<DestinationSide> destinations;
    private final PublishedParts parts;
    private final PartChange change;
    private final Faults faults;
    private final Thread thread;
    private final Object changing = new Object();

    /** What the publications carry of tables that they do not carry whole, or may not. */
    private final Map<TableId, TableNeed> partial = new ConcurrentHashMap<>();

    /** Columns at which no filter may look, of tables whose rows are therefore chosen here. */
    private final Map<TableId, Set<String>> unfilterable = new ConcurrentHashMap<>();

    /** Who could write to a table when the publications began to carry more of it. */
    private final Map<TableId, Set<String>> writers = new HashMap<>();

    /** Tables of which everybody has ended who wrote before more of them was carried. */
    private final Set<TableId> fenced = new HashSet<>();

    /** Until when nothing is tried again, by {@link System#nanoTime}. */
    private final Map<TableId, Long> refused = new HashMap<>();

    private final Map<TableId, Long> locked = new HashMap<>();
    private @Nullable String trouble;
    private volatile @Nullable String impossible;
    private volatile boolean active;

    /** Nothing happens before {@link #start}. */
    PushDown(PipelineSettings settings, Collection<DestinationSide> destinations, Faults faults) {
        this.settings = settings;
        this.destinations = destinations;
        this.faults = faults;
        parts = new PublishedParts(settings.name());
        change = new PartChange(settings.name(), LOCK_TIMEOUT, faults);
        thread = Thread.ofVirtual().name("push-down").unstarted(this::run);
    }

    /**
     * Finds what the source can, and what of tables is left out there already. Where nothing is and
     * nothing is to be, nothing happens later either.
     */
    Found look(Connection source) throws SQLException {
        boolean possible = PublishedParts.areKnownTo(source);
        if (!possible) {
            impossible =
                    "the source is older than PostgreSQL 15, whose publications always carry whole tables";
        } else {
            impossible = LiveMoves.refusal(source).orElse(null);
        }
        String why = impossible;
        if (why != null && settings.pushDown()) {
            LOG.warn("functional.push_down has no effect: {}", why);
        }
        if (!possible) {
            return new Found(Map.of());
        }
        Map<TableId, Map<Track, PublishedPart>> found = parts.read(source, List.of());
        active = settings.pushDown() || !found.isEmpty();
        found.forEach((table, carried) -> {
            note(table, carried);
            if (carried.values().stream().noneMatch(PublishedPart::foreign)) {
                // A former process may have ended before it said so.
                rebound(table);
            }
        });
        return new Found(found);
    }

    /** What publications were found to carry of tables that they do not carry whole. */
    record Found(Map<TableId, Map<Track, PublishedPart>> parts) {
        /** Whether every change that a scope takes is carried. */
        boolean covers(TableId table, TableScope scope) {
            return PushDown.covers(parts.getOrDefault(table, Map.of()), scope.sent());
        }
    }

    private static boolean covers(Map<Track, PublishedPart> carried, TableNeed need) {
        return carried.values().stream().allMatch(part -> part.covers(need));
    }

    private void note(TableId table, Map<Track, PublishedPart> carried) {
        TableNeed least = null;
        for (PublishedPart each : carried.values()) {
            if (!each.covers(TableNeed.EVERYTHING)) {
                least = each.foreign() ? UNKNOWN : each.part();
            }
        }
        if (least == null) {
            partial.remove(table);
        } else {
            partial.put(table, least);
        }
    }

    void start() {
        if (active) {
            thread.start();
        }
    }

    private void run() {
        long pause = settings.tuning().heartbeat().multipliedBy(HEARTBEATS).toMillis();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                lookSafely();
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookSafely() {
        try {
            synchronized (changing) {
                lookAtAll();
            }
            trouble = null;
        } catch (SQLException e) {
            say("TT-238 what the publications carry could not be looked at: " + e.getMessage());
        } catch (TidetableException e) {
            say(e.line());
        } catch (RuntimeException e) {
            LOG.error("TT-494 the look at what the publications carry failed unexpectedly", e);
        }
    }

    private void say(String why) {
        if (!why.equals(trouble)) {
            LOG.warn("{}; it is tried again", why);
        }
        trouble = why;
    }

    private void lookAtAll() throws SQLException {
        try (Connection source = settings.source().connect("tidetable push-down")) {
            Set<TableId> narrowed = new TreeSet<>();
            Set<TableId> mine = new TreeSet<>();
            for (DestinationSide there : destinations) {
                for (LaneTable table : there.tables()) {
                    mine.add(table.table());
                    if (table.scope() instanceof TableScope.Needed && mayPushDown()) {
                        narrowed.add(table.table());
                    }
                }
            }
            Map<TableId, Map<Track, PublishedPart>> found = parts.read(source, narrowed);
            found.keySet().retainAll(mine);
            Map<TableId, PushLimits> limits = PushLimits.read(source, found.keySet());
            int left = CHANGES;
            SQLException failure = null;
            for (Map.Entry<TableId, Map<Track, PublishedPart>> entry : found.entrySet()) {
                PushLimits limit = limits.get(entry.getKey());
                try {
                    if (left > 0
                            && limit != null
                            && lookAt(source, entry.getKey(), entry.getValue(), limit)) {
                        left--;
                    }
                } catch (SQLException e) {
                    // One destination that does not answer keeps no other table waiting.
                    failure = e;
                    if (!source.isValid(1)) {
                        break;
                    }
                    source.setAutoCommit(true);
                }
            }
            partial.keySet().retainAll(found.keySet());
            if (failure != null) {
                throw failure;
            }
        }
    }

    private boolean mayPushDown() {
        return settings.pushDown() && impossible == null;
    }

    /** Returns whether the publications were changed, or may have been. */
    private boolean lookAt(
            Connection source, TableId table, Map<Track, PublishedPart> carried, PushLimits limits)
            throws SQLException {
        note(table, carried);
        growWhereItMust(source, table, carried, limits);
        TableNeed need = null;
        boolean settled = true;
        for (DestinationSide there : destinations) {
            LaneTable each = there.lanes().table(table);
            if (each != null) {
                // First: a merge says what it brought before it says that it has ended.
                TableState state = each.state();
                TableNeed own = each.scope().sent();
                need = need == null ? own : need.with(own);
                boolean rests = isApplied(state) && each.move() == null;
                settled &= rests;
                if (rests && !covers(carried, limits.existing(own))) {
                    there.work().missed(each);
                    settled = false;
                }
            }
        }
        if (need == null) {
            return false;
        }
        TableNeed wanted = mayPushDown() ? limits.allowed(need) : TableNeed.EVERYTHING;
        if (!wanted.isEverything()) {
            noteUnfilterable(table, limits.unfilterable(need));
        }
        boolean done = carried.values().stream().allMatch(part -> part.is(wanted));
        // More than is needed does no harm at any time; less would.
        if (done
                || isEarly(refused, table)
                || !(settled || wanted.isEverything())
                || !isCurrent(source, table, false)) {
            return false;
        }
        return set(source, table, wanted);
    }

    /**
     * Where a table names its rows by other columns than before, PostgreSQL may refuse what the
     * application does to it: that cannot wait for anything.
     */
    private void growWhereItMust(
            Connection source, TableId table, Map<Track, PublishedPart> carried, PushLimits limits)
            throws SQLException {
        for (PublishedPart each : carried.values()) {
            if (!each.foreign() && !each.covers(limits.allowed(each.part()))) {
                for (DestinationSide there : destinations) {
                    LaneTable known = there.lanes().table(table);
                    if (known != null && !isCurrent(source, there, known)) {
                        there.context().mergeLater(known);
                    }
                }
                try {
                    widen(source, table, each.part());
                } catch (TidetableException e) {
                    // The other tables are looked at all the same.
                    refuse(table, e);
                }
            }
        }
    }

    private static boolean isEarly(Map<TableId, Long> until, TableId table) {
        Long end = until.get(table);
        return end != null && System.nanoTime() - end < 0;
    }

    /**
     * Whether nothing that others did to the table in its publications is unknown at a destination:
     * an act of ours would hide it.
     */
    private boolean isCurrent(Connection source, TableId table, boolean onlyApplied)
            throws SQLException {
        for (DestinationSide there : destinations) {
            LaneTable each = there.lanes().table(table);
            if (each != null
                    && (!onlyApplied || isApplied(each.state()))
                    && !isCurrent(source, there, each)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isCurrent(Connection source, DestinationSide there, LaneTable table)
            throws SQLException {
        try (Connection destination = there.context().connect("tidetable push-down")) {
            return there.publications().isCurrent(source, destination, table);
        }
    }

    private void noteUnfilterable(TableId table, Set<String> columns) {
        if (columns.isEmpty()) {
            unfilterable.remove(table);
        } else {
            unfilterable.put(table, columns);
        }
    }

    /** Whether its lanes need what its scope says, and nothing else before another merge. */
    private static boolean isApplied(TableState state) {
        return switch (state) {
            case CATCHING_UP, STREAMING, PAUSED -> true;
            case WAITING, COPYING, MERGING, FAILED -> false;
        };
    }

    private boolean set(Connection source, TableId table, TableNeed wanted) throws SQLException {
        TableNeed before = partial.put(table, UNKNOWN);
        if (before != null && !before.covers(wanted)) {
            unfence(table);
        }
        switch (attempt(table, () -> change.set(source, table, wanted))) {
            case PartChange.Outcome.Done(_, boolean changed) -> {
                return changed;
            }
            case PartChange.Outcome.Locked(SQLException why) -> {
                LOG.debug("what is sent of {} waits for a lock: {}", table, why.getMessage());
                restore(table, before);
                return true;
            }
            case PartChange.Outcome.Refused(TidetableException why) -> {
                refuse(table, why);
                restore(table, before);
                return true;
            }
        }
    }

    private void refuse(TableId table, TidetableException why) {
        if (!isEarly(refused, table)) {
            LOG.warn("{}", why.line());
        }
        refused.put(table, System.nanoTime() + REFUSED_FOR.toNanos());
    }

    /** What those wrote who write now was not sent whole. */
    private void unfence(TableId table) {
        fenced.remove(table);
        writers.remove(table);
    }

    @FunctionalInterface
    private interface Attempt {
        PartChange.Outcome make() throws SQLException;
    }

    /** An act of ours, so that nobody takes it for one of others; notes what is carried by then. */
    private PartChange.Outcome attempt(TableId table, Attempt attempt) throws SQLException {
        PartChange.Outcome outcome;
        rebinding(table);
        try {
            outcome = attempt.make();
        } finally {
            rebound(table);
        }
        if (outcome instanceof PartChange.Outcome.Done(TableNeed part, boolean changed)) {
            carries(table, part);
            if (changed) {
                LOG.info("the source sends of table {} {} now", table, words(part));
            }
        }
        return outcome;
    }

    private void restore(TableId table, @Nullable TableNeed before) {
        carries(table, before == null ? TableNeed.EVERYTHING : before);
    }

    private void carries(TableId table, TableNeed part) {
        if (part.isEverything()) {
            partial.remove(table);
        } else {
            partial.put(table, part);
        }
    }

    /**
     * Whether the merge of a table can begin: whether the publications carry all that it is to
     * bring, and everybody has ended who wrote to it before. Where they do not carry it, they do
     * from now on; ask again soon. Nobody waits in here.
     *
     * @throws TidetableException TT-237 where they cannot be changed
     */
    boolean isReady(DestinationContext context, LaneTable merged) throws SQLException {
        TableId table = merged.table();
        if (!active) {
            return true;
        }
        synchronized (changing) {
            if (!partial.containsKey(table) && fenced.contains(table)) {
                return true;
            }
            if (isEarly(locked, table)) {
                return false;
            }
            try (Connection source = settings.source().connect("tidetable push-down")) {
                TableNeed need = needOf(context, source, merged);
                TableNeed carried = partial.get(table);
                if (carried != null
                        && !carried.covers(need)
                        && !(isCurrent(source, table, true) && widen(source, table, need))) {
                    return false;
                }
                return isFenced(source, table);
            }
        }
    }

    /** What all destinations need, and what the merge is to bring besides. */
    private TableNeed needOf(DestinationContext context, Connection source, LaneTable merged)
            throws SQLException {
        TableId table = merged.table();
        Strategy aim;
        try (Connection destination = context.connect("tidetable strategy")) {
            TableStrategy noted = context.strategies().of(destination, table);
            aim = noted == null ? merged.strategy().aim() : noted.aim();
        }
        if (!(aim instanceof Strategy.Functional)) {
            return TableNeed.EVERYTHING;
        }
        TableNeed need = new ScopeResolver(source).resolve(table, aim).sent();
        for (DestinationSide there : destinations) {
            LaneTable each = there.lanes().table(table);
            if (each != null) {
                need = need.with(each.scope().sent());
            }
        }
        return need;
    }

    private boolean widen(Connection source, TableId table, TableNeed need) throws SQLException {
        unfence(table);
        switch (attempt(table, () -> change.widen(source, table, need))) {
            case PartChange.Outcome.Done _ -> {
                return true;
            }
            case PartChange.Outcome.Locked(SQLException why) -> {
                LOG.info("what is sent of {} waits for a lock: {}", table, why.getMessage());
                locked.put(table, System.nanoTime() + LOCK_PAUSE.toNanos());
                return false;
            }
            case PartChange.Outcome.Refused(TidetableException why) -> throw why;
        }
    }

    /** It is taken out of the publications and put back at once, and nothing of it is missed. */
    private void rebinding(TableId table) {
        for (DestinationSide there : destinations) {
            for (Track track : Track.values()) {
                there.publications().rebinding(Set.of(table), track);
            }
        }
    }

    private void rebound(TableId table) {
        for (DestinationSide there : destinations) {
            for (Track track : Track.values()) {
                there.publications().rebound(Set.of(table), track);
            }
        }
    }

    private boolean isFenced(Connection source, TableId table) throws SQLException {
        if (fenced.contains(table)) {
            return true;
        }
        Set<String> before = writers.get(table);
        if (before == null) {
            before = Fence.writersOf(source, table);
            writers.put(table, before);
            if (!before.isEmpty()) {
                LOG.info(
                        "the merge of {} waits for {} transactions that wrote to it before",
                        table,
                        before.size());
            }
        }
        if (!before.isEmpty() && Fence.isAhead(source, table, before)) {
            return false;
        }
        writers.remove(table);
        fenced.add(table);
        faults.reach(FaultPoint.PUBLICATION_FENCED);
        return true;
    }

    /**
     * Lets the publications carry tables whole that are about to be copied, before their fence is
     * awaited. They are left so for as long as the copies last. One that cannot be changed stops,
     * by TT-237, and the others go on.
     */
    void carryWhole(Collection<TableId> tables) throws SQLException, InterruptedException {
        for (TableId table : tables) {
            try {
                while (!carryWhole(table)) {
                    Thread.sleep(LOCK_TIMEOUT);
                }
            } catch (TidetableException e) {
                stop(table, e);
            }
        }
    }

    private void stop(TableId table, TidetableException why) {
        for (DestinationSide there : destinations) {
            LaneTable each = there.lanes().table(table);
            if (each != null && each.state() == TableState.WAITING) {
                each.become(TableState.FAILED, why.line());
            }
        }
        LOG.error("table {} stopped: {}", table, why.line());
    }

    private boolean carryWhole(TableId table) throws SQLException {
        synchronized (changing) {
            if (!active || !partial.containsKey(table)) {
                return true;
            }
            try (Connection source = settings.source().connect("tidetable push-down")) {
                return widen(source, table, TableNeed.EVERYTHING);
            }
        }
    }

    /** Whether the publications carry what a merge that was ready has found that it needs. */
    boolean carries(TableId table, TableScope scope) {
        TableNeed carried = partial.get(table);
        return carried == null || carried.covers(scope.sent());
    }

    /** What of a table the source does not send, for people; null where it sends all. */
    @Nullable String leftOut(LaneTable table) {
        if (!(table.scope() instanceof TableScope.Needed needed) || !settings.pushDown()) {
            return null;
        }
        String why = impossible;
        if (why != null) {
            return "nothing is left out at the source: " + why;
        }
        TableNeed carried = partial.get(table.table());
        List<String> left = new ArrayList<>();
        if (carried != null && carried.columns() != null) {
            Set<String> columns = new TreeSet<>(needed.layout());
            columns.removeAll(carried.columns());
            left.add("columns " + String.join(", ", columns));
        }
        if (carried != null && !carried.rows().isAlways()) {
            left.add("rows other than those where " + carried.rows().sql());
        }
        String text =
                left.isEmpty()
                        ? "nothing is left out at the source"
                        : String.join(" and ", left) + " do not leave the source";
        Set<String> here = unfilterable.get(table.table());
        return here == null
                ? text
                : "%s; rows are chosen here by %s, which the replica identity does not have"
                        .formatted(text, String.join(", ", here));
    }

    private static String words(TableNeed part) {
        if (part.isEverything()) {
            return "everything";
        }
        return (part.columns() == null
                        ? "all columns"
                        : "columns " + String.join(", ", part.columns()))
                + (part.rows().isAlways() ? "" : " of rows where " + part.rows().sql());
    }

    @Override
    public void close() {
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
