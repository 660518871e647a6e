package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.ApplySettings;
import io.tidetable.node.apply.PostgresApplier;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.catalog.TableFinisher;
import io.tidetable.node.copy.BinaryRule;
import io.tidetable.node.copy.CopySettings;
import io.tidetable.node.copy.LayoutReader;
import io.tidetable.node.copy.TableCopy;
import io.tidetable.node.destination.ReplicatedTables;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.destination.TakenKeys;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.FunctionCatalog;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.postgres.SpareSessions;
import io.tidetable.node.strategy.LearnedCosts;
import io.tidetable.node.strategy.Strategies;
import io.tidetable.node.strategy.TableStrategy;
import io.tidetable.node.types.CurrentTypes;
import io.tidetable.node.types.TypeMapping;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all work for one destination of a pipeline shares. Thread-safe. */
final class DestinationContext {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationContext.class);

    /** How old notions of types may be where a copy or a merge begins. */
    private static final Duration RECENT = Duration.ofSeconds(15);

    private final PipelineSettings settings;
    private final PipelineSettings.Destination destination;
    private final DestinationHealth health;
    private final ReplicatedTables tables;
    private final Strategies strategies;
    private final CurrentTypes types;
    private final Map<LaneId, GiantTransaction> giants = new ConcurrentHashMap<>();
    private final Map<LaneId, Progress> claimed = new ConcurrentHashMap<>();
    private final InstantSource clock;
    private final InstantSource steady = new SteadyTime();
    private final Faults faults;
    private final Preparations preparations;
    private final TableCopy.Sessions copySessions;
    private final LearnedCosts costs = new LearnedCosts();
    private volatile List<FunctionDeclaration> functionsBesides = List.of();
    private final PushDown pushDown;
    private volatile boolean distrusted;

    DestinationContext(
            PipelineSettings settings,
            PipelineSettings.Destination destination,
            DestinationHealth health,
            InstantSource clock,
            Faults faults,
            PushDown pushDown) {
        this.settings = settings;
        this.destination = destination;
        this.health = health;
        this.clock = clock;
        this.faults = faults;
        this.pushDown = pushDown;
        tables = new ReplicatedTables(settings.name());
        strategies = new Strategies(settings.name());
        types = new CurrentTypes(settings.source(), destination.database(), clock);
        copySessions =
                new TableCopy.Sessions(
                        spare(settings.source(), TableCopy.PURPOSE),
                        spare(settings.source(), TableCopy.HOLDING),
                        spare(destination.database(), TableCopy.PURPOSE));
        preparations =
                new Preparations(destination.id().name(), destination.appliers(), steady, faults);
    }

    private SpareSessions spare(Database database, String purpose) {
        return new SpareSessions(database, purpose, destination.appliers(), steady);
    }

    String pipeline() {
        return settings.name();
    }

    DestinationId id() {
        return destination.id();
    }

    Database source() {
        return settings.source();
    }

    Database database() {
        return destination.database();
    }

    /** What changes of all tables together cost here. */
    LearnedCosts costs() {
        return costs;
    }

    /** What publications carry. */
    PushDown pushDown() {
        return pushDown;
    }

    PipelineSettings.LostChanges lostChanges() {
        return settings.lostChanges();
    }

    PipelineSettings.Tuning tuning() {
        return settings.tuning();
    }

    /** The machine's clock, for delays; it may jump. */
    InstantSource clock() {
        return clock;
    }

    /** For everything that takes time or is due after a time: it never jumps. */
    InstantSource steady() {
        return steady;
    }

    Faults faults() {
        return faults;
    }

    DestinationHealth health() {
        return health;
    }

    ReplicatedTables tables() {
        return tables;
    }

    Strategies strategies() {
        return strategies;
    }

    CurrentTypes types() {
        return types;
    }

    /** A session at the destination, in autocommit mode. */
    Connection connect(String purpose) throws SQLException {
        return destination.database().connect(purpose);
    }

    /** A connection was lost: the destination may have lost commits that lanes remember. */
    void distrust() {
        distrusted = true;
    }

    /** Lanes have forgotten what they remembered. */
    void trust() {
        distrusted = false;
    }

    /** Whether lanes may remember what the destination no longer holds. */
    boolean isDistrusted() {
        return distrusted;
    }

    /** What functions downstream need. */
    FunctionCatalog functions() {
        List<FunctionDeclaration> all = new ArrayList<>(settings.functions());
        all.addAll(functionsBesides);
        return new FunctionCatalog(all);
    }

    /** From now on these functions are declared besides those of the settings. */
    void functionsBesides(List<FunctionDeclaration> others) {
        functionsBesides = List.copyOf(others);
    }

    /** How batches are applied. */
    ApplySettings applySettings() {
        return ApplySettings.DEFAULT.withFoldBytes(tuning().batchBytes());
    }

    /** An applier over a connection of its own. */
    PostgresApplier newApplier(String purpose) throws SQLException {
        return new PostgresApplier(connect(purpose), applySettings(), types::mappingWith, faults)
                .start();
    }

    /** Transactions that are being staged, by their lane; touched by its worker alone. */
    Map<LaneId, GiantTransaction> giants() {
        return giants;
    }

    /** Where lanes stand that this process has taken over and not looked at yet. */
    Map<LaneId, Progress> claimed() {
        return claimed;
    }

    /** Batches that are taken together ahead of their time. */
    Preparations preparations() {
        return preparations;
    }

    /**
     * Which values may be copied in binary form. By types as they were a moment ago: a column of
     * one that is newer at the destination goes as text, of one that is newer at the source has
     * them read again.
     */
    BinaryRule binaryRule() throws SQLException {
        TypeMapping recent = recentTypes();
        return (source, there) -> {
            if (recent.source().find(source).isPresent()) {
                return recent.travelsInBinary(source, there);
            }
            try {
                return types.mappingWith(source).travelsInBinary(source, there);
            } catch (SQLException e) {
                LOG.debug("a new type could not be looked up, its values go as text", e);
                return false;
            }
        };
    }

    /** Types of both sides as they were a moment ago. */
    TypeMapping recentTypes() throws SQLException {
        return types.mappingSince(clock.instant().minus(RECENT));
    }

    /** Makes a stage durable at the destination, then shows it. */
    void become(LaneTable table, Stage stage, TableState state) throws SQLException {
        become(table, stage, state, null);
    }

    /**
     * Makes a stage durable at the destination with what an operator should know, then shows it.
     */
    void become(LaneTable table, Stage stage, TableState state, @Nullable String message)
            throws SQLException {
        try (Connection connection = connect("tidetable bookkeeping")) {
            tables.become(connection, table.table(), stage, message);
        }
        table.become(state, message);
    }

    /** The same, over one of the copies' sessions. */
    void becomeWhileCopied(LaneTable table, Stage stage, TableState state) throws SQLException {
        try (SpareSessions.Lent there = copySessions.destination().lend()) {
            tables.become(there.connection(), table.table(), stage, null);
        }
        table.become(state, null);
    }

    /**
     * Writes down that the table gets another strategy: from here on it has no consistent rows
     * until a merge has brought it.
     */
    void planStrategy(Connection connection, TableId table, TableStrategy before, Strategy next)
            throws SQLException {
        strategies.plan(connection, table, before, next);
        tables.become(connection, table, Stage.MERGING, null);
    }

    /** Notes, durably, that the table has to be merged once it caught up. */
    void mergeLater(LaneTable table) throws SQLException {
        try (Connection connection = connect("tidetable bookkeeping")) {
            tables.needsMerge(connection, table.table());
        }
        table.needsMerge(true);
    }

    /** Builds what is better built once a table's rows are there. */
    void completeTable(TableDefinition table) throws SQLException {
        try (SpareSessions.Lent there = copySessions.destination().lend()) {
            new TableFinisher(there.connection())
                    .finish(table)
                    .forEach(remark -> LOG.warn("table {}: {}", table.id(), remark));
        }
    }

    /** Sessions for the copies of tables, a few at each side. */
    TableCopy.Sessions copySessions() {
        return copySessions;
    }

    /** The first copy of a table, not begun. */
    TableCopy newCopy(TableId table) throws SQLException {
        try (SpareSessions.Lent from = copySessions.source().lend();
                SpareSessions.Lent there = copySessions.destination().lend()) {
            Connection to = there.connection();
            // Where the answer to a plan was lost, nobody knows whether the key was taken.
            to.setAutoCommit(false);
            new TakenKeys(pipeline()).giveBack(to, table);
            to.commit();
            to.setAutoCommit(true);
            return new TableCopy(
                    pipeline(),
                    new LayoutReader(binaryRule()).read(from.connection(), to, table),
                    copySessions,
                    new CopySettings(tuning().chunkSize(), tuning().snapshotLimit()),
                    faults,
                    steady);
        }
    }
}
