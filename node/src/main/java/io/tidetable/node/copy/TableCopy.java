package io.tidetable.node.copy;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.destination.TakenKeys;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.postgres.SpareSessions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first copy of one table into an empty one, chunk by chunk, by as many threads as call {@link
 * #step}. The destination knows its state, so it goes on after a restart. The table's lane is held
 * from before {@link #start} until after {@link #finish}, and whatever widened what is published
 * has passed its fence before.
 *
 * <p>Thread-safe.
 */
public final class TableCopy implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TableCopy.class);

    /** What its sessions are shown as. */
    public static final String PURPOSE = "tidetable copy plan";

    /** What those are shown as that hold a snapshot. */
    public static final String HOLDING = "tidetable snapshot";

    private final String pipeline;
    private final TableLayout layout;
    private final SpareSessions source;
    private final SpareSessions snapshots;
    private final SpareSessions destination;
    private final CopySettings settings;
    private final Faults faults;
    private final InstantSource clock;
    private final CopyLedger ledger;
    private final TakenKeys keys;

    private final TreeMap<Integer, CopyChunk> chunks = new TreeMap<>();
    private final Set<Integer> inFlight = new HashSet<>();
    private long owner;
    private int attempt;
    private @Nullable SourceSnapshot oldest;
    private @Nullable SourceSnapshot newest;
    private @Nullable SnapshotHolder holder;
    private @Nullable String startOverBecause;
    private boolean warnedOfAge;
    private boolean keyTaken;
    private boolean givingKeyBack;

    /**
     * A copy of a table, with sessions of its own.
     *
     * @param pipeline under which the table is registered in {@code tidetable.replicated_table}
     */
    public TableCopy(
            String pipeline,
            TableLayout layout,
            Database source,
            Database destination,
            CopySettings settings,
            Faults faults,
            InstantSource clock) {
        this(
                pipeline,
                layout,
                new Sessions(
                        SpareSessions.none(source, PURPOSE),
                        SpareSessions.none(source, HOLDING),
                        SpareSessions.none(destination, PURPOSE)),
                settings,
                faults,
                clock);
    }

    /**
     * Sessions that copies of many tables share.
     *
     * @param source for plans
     * @param snapshots of the source, each of which holds one
     * @param destination for plans, and what is noted
     */
    public record Sessions(SpareSessions source, SpareSessions snapshots, SpareSessions destination)
            implements AutoCloseable {
        /** Ends the sessions that nobody has used for so long. */
        public void letGo(Duration idle) {
            source.letGo(idle);
            snapshots.letGo(idle);
            destination.letGo(idle);
        }

        @Override
        public void close() {
            source.close();
            snapshots.close();
            destination.close();
        }
    }

    /** A copy of a table that shares its sessions with the copies of others. */
    public TableCopy(
            String pipeline,
            TableLayout layout,
            Sessions sessions,
            CopySettings settings,
            Faults faults,
            InstantSource clock) {
        this.pipeline = pipeline;
        this.layout = layout;
        this.source = sessions.source();
        this.snapshots = sessions.snapshots();
        this.destination = sessions.destination();
        this.settings = settings;
        this.faults = faults;
        this.clock = clock;
        ledger = new CopyLedger(pipeline, layout.source());
        keys = new TakenKeys(pipeline);
    }

    /**
     * Reads how far the copy has come, or plans it. Whoever started it before can no longer change
     * its state.
     *
     * @throws TidetableException TT-504 when the table has rows that no copy brought; those are for
     *     a diff-merge; TT-513 when the source has no such table any more
     */
    public synchronized void start() throws SQLException {
        boolean taken = false;
        try (SpareSessions.Lent lent = destination.lend()) {
            Connection to = lent.connection();
            to.setAutoCommit(false);
            CopyLedger.State state = ledger.takeOver(to);
            owner = state.owner();
            List<CopyChunk> known = ledger.chunks(to);
            if (known.isEmpty()) {
                refuseForeignRows(to);
                known = plan(state.attempt());
                ledger.add(to, known);
                ledger.recordColumns(to, layout.signature());
                if (known.size() > 1) {
                    taken = keys.take(to, layout.destination());
                }
            } else if (!layout.signature().equals(state.columns())) {
                startOverBecause = "columns of %s were changed".formatted(layout.source());
            }
            to.commit();
            keyTaken = taken;
            remember(state, known);
        }
    }

    private void refuseForeignRows(Connection to) throws SQLException {
        try (Statement statement = to.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT EXISTS (SELECT FROM %s)"
                                        .formatted(layout.from(Side.DESTINATION)))) {
            row.next();
            if (row.getBoolean(1)) {
                throw new TidetableException(
                        "TT-504",
                        ("table %s of the destination has rows that were not copied by pipeline %s; they"
                                        + " are not touched by a first copy, merge the table instead")
                                .formatted(layout.destination(), pipeline));
            }
        }
    }

    private List<CopyChunk> plan(int ofAttempt) throws SQLException {
        try (SpareSessions.Lent lent = source.lend()) {
            Connection from = lent.connection();
            if (!LayoutReader.isThere(from, layout)) {
                throw gone(layout.source());
            }
            if (!LayoutReader.stillFits(from, layout)) {
                throw outdated(layout.source(), "their names or types are others now");
            }
            return LeafRelations.plan(
                    LeafRelations.of(from, layout.source()), settings.chunkSize(), ofAttempt, 0);
        }
    }

    private void remember(CopyLedger.State state, List<CopyChunk> known) {
        attempt = state.attempt();
        oldest = state.oldest();
        newest = state.newest();
        chunks.clear();
        known.forEach(chunk -> chunks.put(chunk.number(), chunk));
    }

    /**
     * Copies the next chunk on this thread, if there is one to begin with.
     *
     * @param copier of the calling thread
     * @throws TidetableException TT-503 when the source's columns no longer are those of the
     *     layout: the copy has been forgotten and needs a new layout; others when no retry can help
     */
    public CopyStep step(ChunkCopier copier, CopyPace pace) throws InterruptedException {
        ChunkCopier.Work work = null;
        synchronized (this) {
            if (givingKeyBack) {
                return new CopyStep.Busy();
            }
            givingKeyBack = needsKeyFirst();
            if (!givingKeyBack) {
                try {
                    CopyStep obstacle = prepare();
                    if (obstacle != null) {
                        return obstacle;
                    }
                } catch (SQLException e) {
                    return new CopyStep.Failed(sideOf(e), e);
                }
                work = take();
            }
        }
        return work == null ? giveKeyBackFirst() : copy(work, copier, pace);
    }

    private CopyStep copy(ChunkCopier.Work work, ChunkCopier copier, CopyPace pace)
            throws InterruptedException {
        ChunkOutcome outcome = null;
        try {
            outcome = copier.copy(work, pace);
        } finally {
            if (outcome == null) {
                synchronized (this) {
                    inFlight.remove(work.chunk().number());
                }
            }
        }
        return settle(work, outcome);
    }

    /**
     * Whether the next chunk is read under another snapshot than those before: only by their key
     * can rows of both be told apart.
     */
    private boolean needsKeyFirst() {
        return keyTaken
                && layout.hasKey()
                && startOverBecause == null
                && inFlight.isEmpty()
                && pending().isPresent()
                && chunks.values().stream().anyMatch(chunk -> chunk.done() != null)
                && needsSnapshot();
    }

    /** Takes long, so others may look at the copy meanwhile. */
    private CopyStep giveKeyBackFirst() {
        try {
            giveKeyBack();
            return new CopyStep.Skipped();
        } catch (SQLException e) {
            return new CopyStep.Failed(sideOf(e), e);
        } finally {
            synchronized (this) {
                givingKeyBack = false;
            }
        }
    }

    /** A failed step of preparation mostly has to do with snapshots, so with the source. */
    private static Side sideOf(SQLException e) {
        return e instanceof DestinationException ? Side.DESTINATION : Side.SOURCE;
    }

    private static final class DestinationException extends SQLException {
        private static final long serialVersionUID = 1;

        DestinationException(SQLException cause) {
            super(cause.getMessage(), cause.getSQLState(), cause);
        }
    }

    /**
     * Makes sure there is a chunk and a snapshot to read it under; else says what is in the way.
     */
    private @Nullable CopyStep prepare() throws SQLException {
        if (startOverBecause != null) {
            if (!inFlight.isEmpty()) {
                return new CopyStep.Busy();
            }
            startOver();
        }
        // Partitions that a table without any gets are known to be later by the snapshot alone.
        boolean unseen = chunks.isEmpty() && oldest == null;
        if (pending().isEmpty() && !unseen) {
            return inFlight.isEmpty() ? new CopyStep.AllCopied() : new CopyStep.Busy();
        }
        if (needsSnapshot()) {
            if (!inFlight.isEmpty()) {
                return new CopyStep.Busy();
            }
            CopyStep obstacle = renewSnapshot();
            if (obstacle != null) {
                return obstacle;
            }
        }
        return pending().isEmpty() ? new CopyStep.Skipped() : null;
    }

    private Optional<CopyChunk> pending() {
        return chunks.values().stream()
                .filter(chunk -> chunk.done() == null && !inFlight.contains(chunk.number()))
                .findFirst();
    }

    private boolean needsSnapshot() {
        SnapshotHolder current = holder;
        if (current == null || !current.isAlive()) {
            return true;
        }
        if (current.age().compareTo(settings.snapshotLimit()) <= 0) {
            return false;
        }
        if (!layout.hasKey() && !warnedOfAge) {
            warnedOfAge = true;
            log.warn(
                    "copy of {} holds its snapshot beyond {}: without a key it needs one snapshot from"
                            + " beginning to end",
                    layout.source(),
                    settings.snapshotLimit());
        }
        return layout.hasKey();
    }

    /** A new snapshot, durably noted before anything is read under it. */
    private @Nullable CopyStep renewSnapshot() throws SQLException {
        letGo();
        boolean anyDone = chunks.values().stream().anyMatch(chunk -> chunk.done() != null);
        if (oldest != null && (!anyDone || !layout.hasKey())) {
            log.info(
                    "copy of {} begins again: its snapshot is gone and {}",
                    layout.source(),
                    anyDone ? "it has no key to mend it by" : "nothing was copied yet");
            startOver();
        }
        if (oldest != null && keyTaken) {
            return new CopyStep.Skipped();
        }
        SnapshotHolder taken = SnapshotHolder.take(snapshots, clock);
        holder = taken;
        List<LeafRelations.Leaf> leaves = LeafRelations.of(taken.connection(), layout.source());
        Set<String> now = names(leaves);
        Set<String> planned = plannedLeaves();
        if (!now.containsAll(planned)) {
            return startsOver("a partition of " + layout.source() + " is gone");
        }
        List<CopyChunk> further =
                LeafRelations.plan(
                        leaves.stream().filter(leaf -> !planned.contains(leaf.name())).toList(),
                        settings.chunkSize(),
                        attempt,
                        chunks.isEmpty() ? 0 : chunks.lastKey() + 1);
        if (!noted(taken.snapshot(), further)) {
            letGo();
            return new CopyStep.Skipped();
        }
        further.forEach(chunk -> chunks.put(chunk.number(), chunk));
        faults.reach(FaultPoint.SNAPSHOT_TAKEN);
        log.info(
                "copy of {} reads under snapshot {}: {} of {} chunks left",
                layout.source(),
                taken.snapshot(),
                chunks.values().stream().filter(chunk -> chunk.done() == null).count(),
                chunks.size());
        return null;
    }

    private void giveKeyBack() throws SQLException {
        try (SpareSessions.Lent lent = destination.lend()) {
            Connection to = lent.connection();
            to.setAutoCommit(false);
            owned(to);
            keys.giveBack(to, layout.destination());
            to.commit();
        } catch (SQLException e) {
            throw new DestinationException(e);
        }
        synchronized (this) {
            keyTaken = false;
        }
    }

    private boolean noted(SourceSnapshot snapshot, List<CopyChunk> further) throws SQLException {
        try (SpareSessions.Lent lent = destination.lend()) {
            Connection to = lent.connection();
            to.setAutoCommit(false);
            if (!ledger.recordSnapshot(to, owned(to), snapshot)) {
                to.rollback();
                return false;
            }
            ledger.add(to, further);
            CopyLedger.State state = ledger.lock(to);
            to.commit();
            oldest = state.oldest();
            newest = state.newest();
            return true;
        } catch (SQLException e) {
            letGo();
            throw new DestinationException(e);
        }
    }

    /**
     * The state, locked; a process that was replaced must not empty a table that is in use by now.
     */
    private CopyLedger.State owned(Connection to) throws SQLException {
        CopyLedger.State state = ledger.lock(to);
        if (state.owner() != owner) {
            throw new TidetableException(
                    "TT-509",
                    "the copy of %s was taken over by another process; this one ends its own"
                            .formatted(layout.source()));
        }
        return state;
    }

    /** Empties the table of what this copy brought, and plans it again. */
    private void startOver() throws SQLException {
        letGo();
        try (SpareSessions.Lent lent = destination.lend()) {
            Connection to = lent.connection();
            to.setAutoCommit(false);
            CopyLedger.State state = owned(to);
            ledger.beginAttempt(to);
            CopyLedger.clear(to, layout.destination());
            List<CopyChunk> planned = plan(state.attempt() + 1);
            ledger.add(to, planned);
            ledger.recordColumns(to, layout.signature());
            CopyLedger.State begun = ledger.lock(to);
            to.commit();
            startOverBecause = null;
            remember(begun, planned);
        }
    }

    private ChunkCopier.Work take() {
        CopyChunk chunk = pending().orElseThrow();
        inFlight.add(chunk.number());
        return new ChunkCopier.Work(
                layout,
                ledger,
                chunk,
                Objects.requireNonNull(holder),
                mendNeeded() ? ChunkCopier.Mode.UPSERT : ChunkCopier.Mode.LOAD);
    }

    private synchronized CopyStep settle(ChunkCopier.Work work, ChunkOutcome outcome) {
        inFlight.remove(work.chunk().number());
        return switch (outcome) {
            case ChunkOutcome.Copied copied -> {
                mark(work.chunk(), new CopyChunk.Done(copied.rows(), copied.bytes()));
                yield new CopyStep.Copied(copied.rows(), copied.bytes());
            }
            case ChunkOutcome.NotOurs _ -> reread();
            case ChunkOutcome.Cancelled _ -> new CopyStep.Skipped();
            case ChunkOutcome.SourceChanged changed -> startsOver(changed.reason());
            case ChunkOutcome.LayoutOutdated outdated -> {
                startsOver(outdated.reason());
                throw outdated(layout.source(), outdated.reason());
            }
            case ChunkOutcome.SourceFailed failed ->
                    new CopyStep.Failed(Side.SOURCE, failed.cause());
            case ChunkOutcome.Collided collided -> collision(work, collided.cause());
            case ChunkOutcome.DestinationFailed failed ->
                    new CopyStep.Failed(Side.DESTINATION, failed.cause());
        };
    }

    private void mark(CopyChunk chunk, CopyChunk.Done done) {
        chunks.computeIfPresent(
                chunk.number(),
                (number, known) ->
                        known.attempt() != chunk.attempt()
                                ? known
                                : new CopyChunk(
                                        known.attempt(),
                                        number,
                                        known.relation(),
                                        known.relationFile(),
                                        known.firstBlock(),
                                        known.endBlock(),
                                        known.estimatedBytes(),
                                        known.estimatedRows(),
                                        done));
    }

    /** A commit that was not heard of, or another process: what the destination says counts. */
    private CopyStep reread() {
        try (SpareSessions.Lent lent = destination.lend()) {
            Connection to = lent.connection();
            to.setAutoCommit(false);
            CopyLedger.State state = owned(to);
            List<CopyChunk> known = ledger.chunks(to);
            to.commit();
            remember(state, known);
            return new CopyStep.Skipped();
        } catch (SQLException e) {
            return new CopyStep.Failed(Side.DESTINATION, e);
        }
    }

    private CopyStep startsOver(String reason) {
        if (startOverBecause == null) {
            startOverBecause = reason;
            log.info("copy of {} starts over: {}", layout.source(), reason);
        }
        return new CopyStep.StartsOver(reason);
    }

    /**
     * Under one snapshot no two rows of the source share a unique value, so a collision with one
     * snapshot is the destination's; with several, rows may have met out of their time.
     */
    private CopyStep collision(ChunkCopier.Work work, Exception cause) {
        if (mendNeeded()) {
            return startsOver(
                    "rows of %s read under different snapshots collide on a unique index (%s)"
                            .formatted(work.chunk().relation(), cause.getMessage()));
        }
        throw new TidetableException(
                "TT-508",
                ("a unique index of the destination refuses rows of %s that the source has: %s; compare"
                                + " the indexes and collations of both sides")
                        .formatted(layout.source(), cause.getMessage()),
                cause);
    }

    /** Of a table that the source has no longer. */
    public static TidetableException gone(TableId table) {
        return new TidetableException(
                "TT-513",
                "table %s is gone at the source; what the destination has of it stays as it is, and the next start leaves it out"
                        .formatted(table));
    }

    private static TidetableException outdated(TableId table, String reason) {
        return new TidetableException(
                "TT-503",
                "columns of %s changed while it was copied (%s); its copy begins again with the new ones"
                        .formatted(table, reason));
    }

    /**
     * Ends the copy after {@link CopyStep.AllCopied}: the table gets its key, where that was taken
     * off while its rows came, and is analyzed; the snapshot is let go.
     *
     * @return empty when the source's partitions are no longer those that were copied; the next
     *     step starts over
     */
    public Optional<CopyResult> finish() throws SQLException {
        synchronized (this) {
            if (!inFlight.isEmpty() || pending().isPresent() || startOverBecause != null) {
                throw new IllegalStateException(
                        "the copy of " + layout.source() + " is not at its end");
            }
            letGo();
        }
        Set<String> now;
        try (SpareSessions.Lent lent = source.lend()) {
            Connection from = lent.connection();
            now = names(LeafRelations.of(from, layout.source()));
        }
        Set<String> planned;
        synchronized (this) {
            planned = plannedLeaves();
            if (!now.containsAll(planned)) {
                startsOver("a partition of " + layout.source() + " is gone");
                return Optional.empty();
            }
        }
        giveKeyBack();
        try (SpareSessions.Lent lent = destination.lend();
                Statement statement = lent.connection().createStatement()) {
            statement.execute("ANALYZE " + layout.destination().quoted());
        }
        faults.reach(FaultPoint.TABLE_COPIED);
        CopyEstimate all = estimate();
        log.info(
                "copy of {} is complete: {} rows, {} bytes, {} chunks",
                layout.source(),
                all.copiedRows(),
                all.copiedBytes(),
                all.totalChunks());
        return Optional.of(
                new CopyResult(
                        all.copiedRows(),
                        all.copiedBytes(),
                        Objects.requireNonNull(oldest()),
                        Objects.requireNonNull(newest()),
                        mendNeeded(),
                        !planned.containsAll(now)));
    }

    private static Set<String> names(List<LeafRelations.Leaf> leaves) {
        return leaves.stream().map(LeafRelations.Leaf::name).collect(Collectors.toSet());
    }

    private Set<String> plannedLeaves() {
        return chunks.values().stream()
                .map(CopyChunk::relation)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The snapshot of the first chunk, null before one was taken. */
    public synchronized @Nullable SourceSnapshot oldest() {
        return oldest;
    }

    /**
     * The latest snapshot, whose horizon is above that of all others; null before one was taken.
     */
    public synchronized @Nullable SourceSnapshot newest() {
        return newest;
    }

    /** Whether chunks are read under more than one snapshot. */
    public synchronized boolean mendNeeded() {
        SourceSnapshot first = oldest;
        SourceSnapshot last = newest;
        return first != null && last != null && !first.toString().equals(last.toString());
    }

    /** What the next chunk is thought to weigh, in bytes of the source's disk; 0 for none. */
    public synchronized long nextChunkBytes() {
        return pending().map(CopyChunk::estimatedBytes).orElse(0L);
    }

    /** How many chunks are left, those being copied included. */
    public synchronized int remaining() {
        return (int) chunks.values().stream().filter(chunk -> chunk.done() == null).count();
    }

    /** How far it has come. */
    public synchronized CopyEstimate estimate() {
        long totalBytes = 0;
        long doneBytes = 0;
        long totalRows = 0;
        long copiedRows = 0;
        long copiedBytes = 0;
        int doneChunks = 0;
        for (CopyChunk chunk : chunks.values()) {
            CopyChunk.Done done = chunk.done();
            totalBytes += chunk.estimatedBytes();
            totalRows += done == null ? chunk.estimatedRows() : done.rows();
            if (done != null) {
                doneChunks++;
                doneBytes += chunk.estimatedBytes();
                copiedRows += done.rows();
                copiedBytes += done.bytes();
            }
        }
        return new CopyEstimate(
                chunks.size(),
                doneChunks,
                totalBytes,
                doneBytes,
                totalRows,
                copiedRows,
                copiedBytes);
    }

    private void letGo() {
        SnapshotHolder current = holder;
        holder = null;
        if (current != null) {
            current.close();
        }
    }

    /** Lets the snapshot go; the state stays at the destination. */
    @Override
    public synchronized void close() {
        letGo();
    }
}
