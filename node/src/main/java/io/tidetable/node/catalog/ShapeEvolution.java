package io.tidetable.node.catalog;

import io.tidetable.model.Column;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.model.TidetableException;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeMapping;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a destination's table to the shape that the change stream announced: added columns are
 * added, changed types altered, columns dropped at the source kept and made nullable. To be called
 * with the table's lanes stopped at the place of the new shape; calling it again is harmless.
 *
 * <p>Rows that the source changed without sending them, which only a diff-merge brings over, are
 * assumed wherever a type changed, a column seems renamed, an added column may have a value in
 * older rows (default, identity, generated, NOT NULL), or the source's files are not those that
 * were copied.
 *
 * <p>Connections are those of {@link io.tidetable.node.postgres.Database#connect}, in autocommit
 * mode.
 */
public final class ShapeEvolution {
    private static final Logger log = LoggerFactory.getLogger(ShapeEvolution.class);

    private static final String COPIED_FILES =
            """
            SELECT DISTINCT relation_file FROM tidetable.chunk
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String MERGE_NEEDED =
            """
            UPDATE tidetable.replicated_table SET needs_merge = true, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private final Connection source;
    private final Connection destination;
    private final String pipeline;
    private final ShapePolicy policy;
    private final Duration lockTimeout;
    private final @Nullable TypeMapping recent;

    /**
     * Reads the types of both sides anew for each table.
     *
     * @param lockTimeout how long to wait for readers of the destination's table; beyond it the
     *     call fails with SQL state 55P03 and is to be tried again
     */
    public ShapeEvolution(
            Connection source,
            Connection destination,
            String pipeline,
            ShapePolicy policy,
            Duration lockTimeout) {
        this(source, destination, pipeline, policy, lockTimeout, null);
    }

    /**
     * @param recent types as they were a moment ago, by which a table may be found to need nothing;
     *     null for none
     */
    public ShapeEvolution(
            Connection source,
            Connection destination,
            String pipeline,
            ShapePolicy policy,
            Duration lockTimeout,
            @Nullable TypeMapping recent) {
        this.source = source;
        this.destination = destination;
        this.pipeline = pipeline;
        this.policy = policy;
        this.lockTimeout = lockTimeout;
        this.recent = recent;
    }

    private static boolean knows(TypeMapping types, TableShape shape) {
        return shape.columns().stream()
                .allMatch(column ->
                        types.source().find(column.typeOid()).isPresent()
                                && types.destination(column.typeOid()).isPresent());
    }

    /**
     * Makes the destination's table take rows of a shape.
     *
     * @param before the shape of the table's changes until now, null when not known
     * @throws SQLException when a server cannot be reached or a lock was not had in time
     */
    public Evolution evolve(@Nullable TableShape before, TableShape now) throws SQLException {
        TableId table = now.table();
        TableDefinition there = DestinationTables.read(destination, List.of(table)).get(table);
        if (there == null) {
            return new Evolution.Paused(
                    new TidetableException(
                            "TT-421",
                            "table %s is not at the destination (any more); create it or copy it again"
                                    .formatted(table)));
        }
        TableDefinition here = atSource(now);
        TypeMapping known = recent;
        if (known != null
                && knows(known, now)
                && new ShapeComparison(known, this::typeText)
                        .compare(before, now, here, there)
                        .isEmpty()) {
            return new Evolution.Unchanged();
        }
        TypeMapping mapping =
                TypeMapping.between(TypeCatalog.read(source), TypeCatalog.read(destination));
        Plan plan = new ShapeComparison(mapping, this::typeText).compare(before, now, here, there);
        if (plan.isEmpty()) {
            return new Evolution.Unchanged();
        }
        return switch (policy) {
            case IGNORE -> new Evolution.Ignored(plan.addedColumns());
            case PAUSE ->
                    paused(
                            table,
                            "the policy for changed tables is 'pause'. The destination would need: "
                                    + String.join("; ", plan.statements()));
            case EVOLVE -> carryOut(now, here, mapping, plan);
        };
    }

    /**
     * Makes the destination's table take rows as the source's table has them now; for when its rows
     * are about to be read rather than its changes.
     *
     * @return the shape that the source's table has; null when it is gone
     * @throws TidetableException when the destination's table cannot follow
     */
    public @Nullable TableShape evolveToSource(TableId table) throws SQLException {
        List<TableDefinition> found = SourceCatalog.named(source, List.of(table));
        if (found.isEmpty()) {
            return null;
        }
        TableDefinition here = found.getFirst();
        TableShape now =
                new TableShape(
                        table,
                        here.oid(),
                        here.identity().setting(),
                        here.storedColumns().stream()
                                .map(column ->
                                        new Column(
                                                column.name(),
                                                column.typeOid(),
                                                column.typeModifier(),
                                                here.identity().columns().contains(column.name())))
                                .toList());
        if (evolve(null, now) instanceof Evolution.Paused(TidetableException reason)) {
            throw reason;
        }
        return now;
    }

    /**
     * What is to be done.
     *
     * @param alterations the actions of one ALTER TABLE
     * @param addedColumns names of columns that the destination lacks
     * @param neededTypes source OIDs of their types
     * @param defaults actions that would be good but may fail
     * @param needsMerge as far as the shapes and catalogs tell
     * @param obstacle why it cannot be done, null if it can
     */
    record Plan(
            TableId table,
            List<String> alterations,
            List<String> addedColumns,
            List<Integer> neededTypes,
            List<String> defaults,
            boolean needsMerge,
            @Nullable String obstacle) {
        boolean isEmpty() {
            return alterations.isEmpty() && obstacle == null && !needsMerge;
        }

        List<String> statements() {
            return alterations.isEmpty()
                    ? List.of()
                    : List.of(
                            "ALTER TABLE %s %s"
                                    .formatted(table.quoted(), String.join(", ", alterations)));
        }
    }

    private Evolution carryOut(
            TableShape now, @Nullable TableDefinition here, TypeMapping mapping, Plan plan)
            throws SQLException {
        TableId table = now.table();
        if (plan.obstacle() != null) {
            return paused(table, plan.obstacle());
        }
        boolean needsMerge =
                plan.needsMerge()
                        || (!plan.addedColumns().isEmpty() && here != null && wasRewritten(here));
        try {
            TypeCreator types = new TypeCreator(source, destination, mapping);
            for (int type : plan.neededTypes()) {
                types.ensureType(type);
            }
        } catch (TidetableException e) {
            return new Evolution.Paused(e);
        }
        destination.setAutoCommit(false);
        try {
            Sql.execute(destination, "SET LOCAL lock_timeout = " + lockTimeout.toMillis());
            for (String statement : plan.statements()) {
                Sql.execute(destination, statement);
            }
            setDefaults(plan);
            if (needsMerge) {
                markForMerge(table);
            }
            destination.commit();
        } catch (SQLException e) {
            if (Sql.isConnectionLost(e)) {
                throw e;
            }
            destination.rollback();
            if ("55P03".equals(e.getSQLState())) {
                throw e;
            }
            return paused(
                    table,
                    "the destination's table could not follow: %s. Do it there yourself and resume: %s"
                            .formatted(Sql.words(e), String.join("; ", plan.statements())));
        } finally {
            destination.setAutoCommit(true);
        }
        log.info(
                "table followed the source: table={} merge={} statements={}",
                table,
                needsMerge,
                plan.statements());
        return new Evolution.Evolved(plan.statements(), needsMerge);
    }

    private void setDefaults(Plan plan) throws SQLException {
        for (String action : plan.defaults()) {
            try {
                Sql.attempt(destination, "ALTER TABLE " + plan.table().quoted() + " " + action);
            } catch (SQLException e) {
                if (Sql.isConnectionLost(e)) {
                    throw e;
                }
                log.warn("default not set: table={} reason={}", plan.table(), Sql.words(e));
            }
        }
    }

    private static Evolution paused(TableId table, String why) {
        return new Evolution.Paused(
                new TidetableException(
                        "TT-422", "table %s has changed at the source: %s".formatted(table, why)));
    }

    /** The source's table, unless another one stands there by now under its name. */
    private @Nullable TableDefinition atSource(TableShape shape) throws SQLException {
        return SourceCatalog.named(source, List.of(shape.table())).stream()
                .filter(table -> table.oid() == shape.relationOid())
                .findFirst()
                .orElse(null);
    }

    private Optional<String> typeText(Column column) throws SQLException {
        try (PreparedStatement statement =
                source.prepareStatement(
                        """
                        SELECT pg_catalog.format_type(t.oid, ?) FROM pg_catalog.pg_type t
                        WHERE t.oid = ?::bigint::oid
                        """)) {
            statement.setInt(1, column.typeModifier());
            statement.setLong(2, Integer.toUnsignedLong(column.typeOid()));
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }

    private boolean wasRewritten(TableDefinition here) throws SQLException {
        Set<Long> copied = new HashSet<>();
        try (PreparedStatement statement = destination.prepareStatement(COPIED_FILES)) {
            bind(statement, here.id());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    copied.add(row.getLong(1));
                }
            }
        }
        return !copied.isEmpty()
                && !here.leaves().stream().allMatch(leaf -> copied.contains(leaf.storage().file()));
    }

    private void markForMerge(TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(MERGE_NEEDED)) {
            bind(statement, table);
            statement.executeUpdate();
        }
    }

    private void bind(PreparedStatement statement, TableId table) throws SQLException {
        statement.setString(1, pipeline);
        statement.setString(2, table.namespace());
        statement.setString(3, table.name());
    }
}
