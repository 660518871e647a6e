package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.strategy.ScopeResolver;
import io.tidetable.node.strategy.TableStrategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work on the tables of a destination: copies, merges, pauses and strategies. */
final class TableWork {
    private static final Logger LOG = LoggerFactory.getLogger(TableWork.class);

    /** What tells a table that an override holds from one that was paused by hand. */
    private static final String HELD = "held by an override";

    /** Said where changes of a table are lost and nothing is to be mended by itself. */
    static final String STOPPED_BY_SETTINGS =
            "; the settings say to stop there (lost_changes: stop): 'tidetable resync' compares it with the source and mends it";

    private final DestinationContext context;
    private final DestinationLanes lanes;
    private final Dispatcher dispatcher;
    private final FunctionWatch functions;
    private final CopyAdmission admission;
    private final Map<TableId, CopyJob> copies = new ConcurrentSkipListMap<>();
    private volatile boolean begun;

    TableWork(
            DestinationContext context,
            DestinationLanes lanes,
            Dispatcher dispatcher,
            FunctionWatch functions,
            int slots) {
        this.context = context;
        this.lanes = lanes;
        this.dispatcher = dispatcher;
        this.functions = functions;
        admission = new CopyAdmission(slots, job -> dispatcher.activate(new Work.OfCopy(job)));
    }

    @Nullable CopyJob copyOf(TableId table) {
        return copies.get(table);
    }

    /** Begins the copies and merges of tables that wait for one; their fence has been passed. */
    void beginCopies() {
        List<CopyJob> jobs = new ArrayList<>();
        for (LaneTable table : lanes.tables()) {
            // One that was set aside has a fence of its own.
            if (!table.isSetAside()) {
                begin(table, jobs);
            }
        }
        begun = true;
        admission.add(jobs);
    }

    private void begin(LaneTable table, List<CopyJob> jobs) {
        switch (table.state()) {
            case WAITING, COPYING -> {
                CopyJob job = new CopyJob(table);
                if (copies.putIfAbsent(table.table(), job) == null) {
                    dispatcher.add(new Work.OfCopy(job), table.priority());
                    jobs.add(job);
                }
            }
            case MERGING -> beginMerge(table, false);
            case CATCHING_UP, STREAMING, PAUSED, FAILED -> {}
        }
    }

    /**
     * Whether the table stopped before its first copy could begin, which nobody has prepared then.
     *
     * @throws TidetableException while the start is about to begin copies
     */
    boolean stoppedBeforeItsCopy(LaneTable table) throws SQLException {
        if (table.state() != TableState.FAILED || copies.containsKey(table.table())) {
            return false;
        }
        Registered known = registered(table);
        boolean stopped = known != null && awaitsItsCopy(known.stage());
        if (stopped && !begun) {
            throw new TidetableException(
                    "TT-402",
                    "the first copies are about to begin, once transactions that were open at the start have ended; resume %s after that"
                            .formatted(table.table()));
        }
        return stopped;
    }

    private static boolean awaitsItsCopy(Stage stage) {
        return switch (stage) {
            case WAITING, COPYING, LEFT_OUT -> true;
            case CATCHING_UP, STREAMING, MERGING, PAUSED -> false;
        };
    }

    /**
     * Begins the copy or the merge of a table that was set aside, or stopped before its copy; its
     * fence has been passed.
     */
    void takeIn(LaneTable table) {
        List<CopyJob> jobs = new ArrayList<>();
        table.takeIn();
        begin(table, jobs);
        admission.add(jobs);
    }

    /** The copy is over, or stopped: another may begin. */
    void copyEnded(CopyJob job) {
        admission.ended(job);
    }

    /** Compares a table that is out of the stream with the source and mends it. */
    private void beginMerge(LaneTable table, boolean afterGap) {
        Work merge = new Work.OfMerge(table, afterGap);
        dispatcher.add(merge, table.priority());
        dispatcher.activate(merge);
    }

    /** Takes a table out of the stream until it was compared and mended. */
    void merge(LaneTable table) throws SQLException {
        synchronized (table) {
            mergeAlone(table);
        }
    }

    private void mergeAlone(LaneTable table) throws SQLException {
        context.become(table, Stage.MERGING, TableState.MERGING);
        beginMerge(table, false);
    }

    /**
     * Gives a table another strategy: decided durably, then brought by a merge at whose end it is
     * in force. Where it is in force or decided already, nothing happens.
     */
    void switchStrategy(LaneTable table, Strategy asked) throws SQLException {
        synchronized (table) {
            switchAlone(table, asked);
            functions.asked(table.table(), asked);
        }
    }

    /** Lets tables carry what functions need of them by now. */
    void lookAtFunctions(Connection source, Connection destination) throws SQLException {
        functions.look(
                lanes.tables(),
                source,
                destination,
                (table, needed) -> {
                    synchronized (table) {
                        switchAlone(table, needed);
                    }
                });
    }

    private void switchAlone(LaneTable table, Strategy wanted) throws SQLException {
        requireOwnLane(table, wanted);
        if (table.isSetAside()) {
            throw new TidetableException(
                    "TT-406",
                    "table %s is not at the destination and cannot get another strategy now; resume it first"
                            .formatted(table.table()));
        }
        Strategy asked;
        try (Connection connection = context.connect("tidetable strategy");
                Connection source = context.source().connect("tidetable strategy")) {
            asked = context.functions().complete(table.table(), wanted, source, connection);
            TableStrategy noted = context.strategies().of(connection, table.table());
            TableStrategy known = noted == null ? table.strategy() : noted;
            if (asked.equals(known.aim())) {
                return;
            }
            switch (table.state()) {
                case STREAMING, CATCHING_UP, FAILED -> {}
                case WAITING, COPYING, MERGING, PAUSED ->
                        throw new TidetableException(
                                "TT-406",
                                "table %s is %s and cannot get another strategy now; wait until it streams"
                                        .formatted(table.table(), words(table.state())));
            }
            new ScopeResolver(source).require(table.table(), asked);
            connection.setAutoCommit(false);
            context.planStrategy(connection, table.table(), known, asked);
            connection.commit();
        }
        context.faults().reach(FaultPoint.STRATEGY_DECIDED);
        LOG.info("table {} gets strategy {}: {}", table.table(), asked.label(), asked.describe());
        table.become(TableState.MERGING, null);
        beginMerge(table, false);
    }

    private static void requireOwnLane(LaneTable table, Strategy asked) {
        switch (table.consistency()) {
            case Consistency.Group _, Consistency.Strict _ -> {
                if (!(asked instanceof Strategy.PrioritizedDelta)) {
                    throw new TidetableException(
                            "TT-555",
                            "table %s shares a lane (consistency %s), which would lose its meaning with strategy %s; give the table a lane of its own first"
                                    .formatted(
                                            table.table(),
                                            table.consistency().label(),
                                            asked.label()));
                }
            }
            case Consistency.Table _, Consistency.Key _ -> {}
        }
    }

    /** Merges a table whose rows do not keep up by themselves, unless something else is at work. */
    void refresh(LaneTable table) throws SQLException {
        synchronized (table) {
            if (table.state() == TableState.STREAMING) {
                mergeAlone(table);
            }
        }
    }

    /**
     * Merges a table of which publications carried less than its lanes rely on, which was not our
     * doing.
     */
    void missed(LaneTable table) throws SQLException {
        String why =
                "TT-239 the publication was changed so that it leaves out columns or rows of %s that are needed, and changes of them are missed"
                        .formatted(table.table());
        synchronized (table) {
            switch (table.state()) {
                case STREAMING, CATCHING_UP -> {
                    if (context.lostChanges() == PipelineSettings.LostChanges.STOP) {
                        stop(
                                table,
                                why
                                        + "; the settings say to stop there (lost_changes: stop): 'tidetable resync' has it carried again, compared with the source and mended");
                        LOG.error("table {} stopped: {}", table.table(), table.message());
                    } else {
                        LOG.warn(
                                "{}; they are carried again, and it is compared with the source and mended",
                                why);
                        mergeAlone(table);
                    }
                }
                case PAUSED -> {
                    LOG.warn("{}; it is merged once it goes on", why);
                    context.mergeLater(table);
                }
                case WAITING, COPYING, MERGING, FAILED -> {}
            }
        }
    }

    /**
     * Another table's merge is about to let their lane skip changes that cannot be had any more.
     */
    void skipped(LaneTable table, String reason) throws SQLException {
        synchronized (table) {
            switch (table.state()) {
                case STREAMING, CATCHING_UP -> {
                    if (context.lostChanges() == PipelineSettings.LostChanges.STOP) {
                        stop(table, reason + STOPPED_BY_SETTINGS);
                        LOG.error("table {} stopped: TT-248 {}", table.table(), table.message());
                    } else {
                        LOG.warn(
                                "table {}: {}; it is compared with the source and mended",
                                table.table(),
                                reason);
                        context.become(table, Stage.MERGING, TableState.MERGING);
                        beginMerge(table, true);
                    }
                }
                case FAILED -> {
                    String why = table.message();
                    context.become(table, Stage.MERGING, TableState.FAILED, why);
                }
                case WAITING, COPYING, PAUSED -> context.mergeLater(table);
                case MERGING -> {}
            }
        }
    }

    /** It has to be merged, and somebody has to ask for that. */
    private void stop(LaneTable table, String why) throws SQLException {
        context.become(table, Stage.MERGING, TableState.FAILED);
        table.become(TableState.FAILED, why);
    }

    /** Merges a table of which changes were missed; it is out of the stream already. */
    void mergeAfterGap(LaneTable table) {
        beginMerge(table, true);
    }

    /** Whether a table waits for its first copy. */
    boolean copies(TableId table) {
        LaneTable known = lanes.table(table);
        return known != null && known.state() == TableState.WAITING;
    }

    /** Whether some table waits for a merge. */
    boolean merges() {
        return lanes.tables().stream().anyMatch(it -> it.state() == TableState.MERGING);
    }

    /** Follows what counts for the table from now on, as far as that goes while it runs. */
    void follow(LaneTable table, ReplicationSchema schema, boolean held) throws SQLException {
        if (table.priority() != schema.priority()) {
            LOG.info("table {} has priority {} now", table.table(), schema.priority());
            table.priority(schema.priority());
            reweight(table);
        }
        table.freshness(schema.statedFreshness());
        synchronized (table) {
            if (held && table.state() != TableState.PAUSED) {
                pauseAlone(table, HELD);
                LOG.info("table {} is held by an override", table.table());
            } else if (!held && isHeld(table)) {
                resumeAlone(table);
                LOG.info("table {} goes on: its override has ended", table.table());
            }
        }
        if (!table.strategy().aim().equals(schema.strategy())) {
            switchStrategy(table, schema.strategy());
        }
    }

    private static boolean isHeld(LaneTable table) {
        return table.state() == TableState.PAUSED && HELD.equals(table.message());
    }

    private void reweight(LaneTable table) {
        lanes.reweight(table.table());
        CopyJob copy = copies.get(table.table());
        if (copy != null) {
            dispatcher.reweight(new Work.OfCopy(copy), table.priority());
        }
    }

    /** Stops applying to the table. */
    void pause(LaneTable table) throws SQLException {
        synchronized (table) {
            pauseAlone(table, null);
        }
    }

    private void pauseAlone(LaneTable table, @Nullable String message) throws SQLException {
        switch (table.state()) {
            case STREAMING, CATCHING_UP ->
                    context.become(table, Stage.PAUSED, TableState.PAUSED, message);
            case PAUSED -> {}
            case WAITING, COPYING, MERGING, FAILED ->
                    throw new TidetableException(
                            "TT-406",
                            "table %s is %s and cannot be paused now; wait until it streams"
                                    .formatted(table.table(), words(table.state())));
        }
    }

    /** Goes on with a table that was paused or failed. */
    void resume(LaneTable table) throws SQLException {
        synchronized (table) {
            if (isHeld(table)) {
                throw new TidetableException(
                        "TT-407",
                        "table %s is %s and goes on when that ends; 'tidetable override list' shows it"
                                .formatted(table.table(), HELD));
            }
            resumeAlone(table);
        }
    }

    private void resumeAlone(LaneTable table) throws SQLException {
        switch (table.state()) {
            case PAUSED -> context.become(table, Stage.CATCHING_UP, TableState.CATCHING_UP);
            case FAILED -> afterFailure(table);
            case WAITING, COPYING, CATCHING_UP, STREAMING, MERGING -> {}
        }
        lanes.of(table.table()).forEach(lanes::wake);
    }

    /** A table that failed goes on from the stage that the destination remembers. */
    private void afterFailure(LaneTable table) throws SQLException {
        Registered known = registered(table);
        if (known == null) {
            return;
        }
        switch (known.stage()) {
            case WAITING, COPYING, LEFT_OUT -> {
                table.become(TableState.COPYING, null);
                CopyJob copy = copies.get(table.table());
                if (copy != null) {
                    dispatcher.activate(new Work.OfCopy(copy));
                }
            }
            case MERGING -> merge(table);
            case CATCHING_UP, STREAMING, PAUSED ->
                    context.become(table, Stage.CATCHING_UP, TableState.CATCHING_UP);
        }
    }

    private @Nullable Registered registered(LaneTable table) throws SQLException {
        try (Connection connection = context.connect("tidetable bookkeeping")) {
            return context.tables().one(connection, table.table());
        }
    }

    /** Compares the table with the source and mends it. */
    void resync(LaneTable table) throws SQLException {
        synchronized (table) {
            resyncAlone(table);
        }
    }

    private void resyncAlone(LaneTable table) throws SQLException {
        switch (table.state()) {
            case STREAMING, CATCHING_UP, PAUSED, FAILED -> merge(table);
            case WAITING, COPYING, MERGING ->
                    throw new TidetableException(
                            "TT-406",
                            "table %s is %s already; wait until it streams"
                                    .formatted(table.table(), words(table.state())));
        }
    }

    private static String words(TableState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Gives up what copies hold. */
    void close() {
        copies.values().forEach(CopyJob::close);
        context.copySessions().close();
    }
}
