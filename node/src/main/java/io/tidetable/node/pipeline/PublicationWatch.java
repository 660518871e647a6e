package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.capture.PublicationChange;
import io.tidetable.node.capture.Publications;
import io.tidetable.node.destination.PublicationBonds;
import io.tidetable.node.destination.PublicationBonds.Membership;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.lane.LaneTable;
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
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether the source publishes a destination's tables without a break. What it saw is noted
 * at the destination, so that a table that was out of its publication is found whenever that was:
 * it is published again and merged. For one thread, but for what says otherwise.
 */
final class PublicationWatch {
    private static final Logger LOG = LoggerFactory.getLogger(PublicationWatch.class);

    /** Longest wait for a table's lock at the source; it is asked for again at the next look. */
    private static final Duration PUBLICATION_LOCK = Duration.ofSeconds(1);

    private static final String LOCK_NOT_HAD = "TT-233";
    private static final String ALREADY_THERE = "42710";

    private final DestinationContext context;
    private final DestinationSide side;
    private final Publications publications;
    private final PublicationBonds bonds;
    private final Set<TableId> unpublishedYet = new HashSet<>();

    /** Memberships that an act of ours makes anew just now. */
    private final Set<Membership> rebinding = ConcurrentHashMap.newKeySet();

    /** Memberships that an act of ours made anew since they were looked at. */
    private final Set<Membership> rebound = ConcurrentHashMap.newKeySet();

    private final Map<Membership, String> seen = new HashMap<>();
    private boolean looked;

    PublicationWatch(DestinationContext context, DestinationSide side) {
        this.context = context;
        this.side = side;
        publications = new Publications(context.pipeline(), PUBLICATION_LOCK, 1);
        bonds = new PublicationBonds(context.pipeline());
    }

    /**
     * An act of ours is about to bind the tables to the track's publication anew, without anything
     * of them being missed. Until {@link #rebound} nothing is concluded from their bonds. Any
     * thread may call both.
     */
    void rebinding(Set<TableId> tables, Track track) {
        tables.forEach(table -> rebinding.add(new Membership(table, track)));
    }

    /** It is over, whether it came to something or not: whichever bond is there now counts. */
    void rebound(Set<TableId> tables, Track track) {
        for (TableId table : tables) {
            Membership membership = new Membership(table, track);
            rebound.add(membership);
            rebinding.remove(membership);
        }
    }

    /**
     * Whether the table is bound to its publication as it is noted at the destination, so that
     * nothing that others did to it is unknown. Any thread may call it.
     */
    boolean isCurrent(Connection source, Connection destination, LaneTable table)
            throws SQLException {
        Track track = table.track();
        String before = bonds.noted(destination, new Membership(table.table(), track));
        String now = publications.bond(source, track, table.table());
        return before == null || (now != null && Publications.isSameBond(before, now));
    }

    /** Forgets what it saw itself; what is noted at the destination counts. */
    void forget() {
        seen.clear();
    }

    /**
     * Notes how tables are bound that are about to be copied or merged, before the fence of that:
     * whatever comes in between is found afterwards. A copy that goes on keeps what was noted. Any
     * thread may call it.
     */
    void begin(Connection source, Connection destination, Collection<LaneTable> tables)
            throws SQLException {
        Map<Membership, String> known = bonds.noted(destination);
        Map<Membership, String> begun = new HashMap<>();
        for (Track track : Track.values()) {
            Map<TableId, String> now = publications.bonds(source, track);
            for (LaneTable table : tables) {
                Membership membership = new Membership(table.table(), track);
                String bond = now.get(table.table());
                if (bond != null
                        && table.track() == track
                        && !(goesOnCopying(table) && known.containsKey(membership))) {
                    begun.put(membership, bond);
                }
            }
        }
        bonds.note(destination, begun);
    }

    /** Whether a first copy of the table that waits has copied some of it already. */
    private boolean goesOnCopying(LaneTable table) {
        Registered known = side.setup().registered(table.table());
        return table.state() == TableState.WAITING
                && known != null
                && known.stage() == Stage.COPYING;
    }

    /** The same, of all tables that wait for a copy or a merge. */
    void begin() {
        List<LaneTable> waiting = new ArrayList<>();
        for (LaneTable table : side.tables()) {
            switch (table.state()) {
                case WAITING, COPYING, MERGING -> waiting.add(table);
                case CATCHING_UP, STREAMING, PAUSED, FAILED -> {}
            }
        }
        if (waiting.isEmpty()) {
            return;
        }
        try (Connection source = context.source().connect("tidetable setup");
                Connection destination = context.connect("tidetable setup")) {
            begin(source, destination, waiting);
        } catch (SQLException e) {
            // What was noted before stays: at worst some of them are compared once more.
            LOG.info(
                    "destination {}: how its tables are published was not noted: {}",
                    context.id(),
                    e.getMessage());
        }
    }

    /**
     * Looks at all tables.
     *
     * @param destination in autocommit mode
     */
    void look(Connection source, Connection destination) throws SQLException {
        Set<TableId> all = new HashSet<>();
        side.tables().forEach(table -> all.add(table.table()));
        for (TableId name : publications.renamed(source, all)) {
            stopRenamed(name);
        }
        for (Track track : Track.values()) {
            findUnpublished(source, destination, track);
        }
        findInterrupted(source, destination);
    }

    private void stopRenamed(TableId name) throws SQLException {
        for (LaneTable table : side.tables()) {
            if (table.table().equals(name) && table.state() != TableState.FAILED) {
                synchronized (table) {
                    context.become(table, Stage.MERGING, TableState.FAILED);
                    table.become(
                            TableState.FAILED,
                            "TT-247 %s has another name at the source now, and changes of it are missed; start again to have it replicated under that, or give it its name back and start again"
                                    .formatted(name));
                }
                LOG.error("table {} stopped: {}", name, table.message());
            }
        }
    }

    /**
     * A table that was taken out of the publication, or replaced by another of its name, is
     * published again and merged; or stops, where the settings or the source do not allow that.
     */
    private void findUnpublished(Connection source, Connection destination, Track track)
            throws SQLException {
        Map<TableId, LaneTable> riding = riding(track);
        if (riding.isEmpty()) {
            return;
        }
        Set<TableId> unpublished = publications.unpublished(source, track, riding.keySet());
        for (LaneTable table : riding.values()) {
            // A move that began meanwhile has changed the publications as it should.
            if (!rides(table, track)) {
                continue;
            }
            switch (table.state()) {
                case STREAMING, CATCHING_UP -> {
                    if (unpublished.contains(table.table())) {
                        mend(source, destination, table);
                    }
                }
                case MERGING -> {
                    // Also where it is published by now, by an attempt whose answer never came.
                    if (unpublishedYet.contains(table.table())) {
                        publishAgain(source, destination, table);
                    }
                }
                // A copy or another merge ends first; people decide about the others.
                case WAITING, COPYING, PAUSED, FAILED -> {}
            }
        }
    }

    /** A table whose bond is another than the one noted was out of the publication meanwhile. */
    private void findInterrupted(Connection source, Connection destination) throws SQLException {
        Map<Membership, LaneTable> riding = new HashMap<>();
        for (LaneTable table : side.tables()) {
            if (table.move() == null) {
                riding.put(new Membership(table.table(), table.track()), table);
            }
        }
        Set<Membership> settled = settled();
        // Before the source is asked: what is over then has made them for good.
        Set<Membership> ownActs = new HashSet<>(rebound);
        ownActs.retainAll(settled);
        Map<Membership, String> now = bonds(source);
        Map<Membership, String> changed = new HashMap<>(now);
        changed.entrySet().removeIf(each -> each.getValue().equals(seen.get(each.getKey())));
        Set<Membership> gone = new HashSet<>(seen.keySet());
        gone.removeAll(now.keySet());
        if (looked && changed.isEmpty() && gone.isEmpty()) {
            return;
        }
        Map<Membership, String> noted = bonds.noted(destination);
        Map<Membership, String> fresh = new HashMap<>();
        Set<LaneTable> interrupted = new HashSet<>();
        changed.forEach((membership, bond) -> {
            String before = noted.get(membership);
            LaneTable rider = riding.get(membership);
            if (before == null
                    || ownActs.contains(membership)
                    || Publications.isSameBond(before, bond)
                    || (!looked && rider == null && settled.contains(membership))) {
                fresh.put(membership, bond);
            } else if (rider != null
                    && rides(rider, membership.track())
                    && settled.contains(membership)
                    && !rebinding.contains(membership)
                    && !rebound.contains(membership)) {
                interrupted.add(rider);
            }
        });
        Set<Membership> left = new HashSet<>(noted.keySet());
        left.removeAll(now.keySet());
        left.removeAll(riding.keySet());
        left.retainAll(settled);
        bonds.note(destination, fresh);
        bonds.forget(destination, left);
        seen.keySet().removeAll(gone);
        seen.putAll(fresh);
        rebound.removeAll(ownActs);
        looked = true;
        for (LaneTable table : interrupted) {
            switch (table.state()) {
                case STREAMING, CATCHING_UP -> mend(source, destination, table);
                // It is found again afterwards, for it is not noted yet.
                case MERGING, WAITING, COPYING, PAUSED, FAILED -> {}
            }
        }
    }

    /** Memberships that nothing of ours is changing. */
    private Set<Membership> settled() {
        Set<Membership> settled = new HashSet<>();
        for (LaneTable table : side.tables()) {
            if (table.move() == null) {
                for (Track track : Track.values()) {
                    settled.add(new Membership(table.table(), track));
                }
            }
        }
        settled.removeAll(rebinding);
        return settled;
    }

    /** How the tables that are replicated here are bound at the source. */
    private Map<Membership, String> bonds(Connection source) throws SQLException {
        Set<TableId> ours = new HashSet<>();
        side.tables().forEach(table -> ours.add(table.table()));
        Map<Membership, String> now = new HashMap<>();
        for (Track track : Track.values()) {
            publications
                    .bonds(source, track)
                    .forEach((table, bond) -> {
                        if (ours.contains(table)) {
                            now.put(new Membership(table, track), bond);
                        }
                    });
        }
        return now;
    }

    /** Whether an act of ours was not looked at yet. */
    boolean hasOwnActs() {
        return !rebound.isEmpty();
    }

    /**
     * Notes how acts of ours that are over have bound tables. For a pipeline that ends before it
     * looks once more: the next start would take those acts for somebody else's, and compare the
     * tables for nothing.
     */
    void noteOwnActs(Connection source, Connection destination) throws SQLException {
        Set<Membership> ownActs = new HashSet<>(rebound);
        ownActs.retainAll(settled());
        Map<Membership, String> fresh = bonds(source);
        fresh.keySet().retainAll(ownActs);
        bonds.note(destination, fresh);
        rebound.removeAll(ownActs);
    }

    private Map<TableId, LaneTable> riding(Track track) {
        Map<TableId, LaneTable> riding = new HashMap<>();
        for (LaneTable table : side.tables()) {
            if (rides(table, track)) {
                riding.put(table.table(), table);
            }
        }
        return riding;
    }

    private static boolean rides(LaneTable table, Track track) {
        return table.move() == null && table.track() == track;
    }

    /** Durable before it is published: afterwards nobody could tell that changes were missed. */
    private void mend(Connection source, Connection destination, LaneTable table)
            throws SQLException {
        boolean allowed = context.lostChanges() == PipelineSettings.LostChanges.MERGE;
        boolean mends =
                allowed && isMended(table.strategy().current()) && isMended(table.strategy().aim());
        synchronized (table) {
            context.become(table, Stage.MERGING, mends ? TableState.MERGING : TableState.FAILED);
        }
        if (!mends) {
            stop(
                    table,
                    allowed
                            ? "start again to have it published and compared"
                            : "the settings say to stop there (lost_changes: stop): start again with lost_changes: merge to have it published and compared");
        } else {
            LOG.warn(
                    "TT-246 {} was replaced at the source or taken out of the publication, and changes of it are missed; it is published again, compared with the source and mended",
                    table.table());
            unpublishedYet.add(table.table());
            publishAgain(source, destination, table);
        }
    }

    /** Whether all that is carried of a table comes again by a merge, and changes go on from it. */
    private static boolean isMended(Strategy strategy) {
        return switch (strategy) {
            case Strategy.PrioritizedDelta _, Strategy.Functional _ -> true;
            case Strategy.Full _, Strategy.Sampling _ -> false;
        };
    }

    private void publishAgain(Connection source, Connection destination, LaneTable table)
            throws SQLException {
        try {
            Track track = table.track();
            publications.create(source, track);
            publications.restore(source, track);
            Set<TableId> missing = publications.unpublished(source, track, Set.of(table.table()));
            publications.change(
                    source, List.of(new PublicationChange(track, missing, Set.of())), null);
            begin(source, destination, Set.of(table));
            unpublishedYet.remove(table.table());
            side.work().mergeAfterGap(table);
        } catch (SQLException e) {
            // Another destination has just published it; the next look finds that.
            if (!ALREADY_THERE.equals(e.getSQLState())) {
                throw e;
            }
        } catch (TidetableException e) {
            if (!e.code().equals(LOCK_NOT_HAD)) {
                unpublishedYet.remove(table.table());
                stop(table, e.line());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stop(LaneTable table, String why) {
        table.become(
                TableState.FAILED,
                "TT-246 %s was replaced at the source or taken out of the publication, and changes of it are missed; %s"
                        .formatted(table.table(), why));
        LOG.error("table {} stopped: {}", table.table(), table.message());
    }
}
