package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.catalog.Creation;
import io.tidetable.node.catalog.SequenceDefinition;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.catalog.TableCreator;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.catalog.TableSelection;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the tables that a destination lacks. One that cannot be created keeps nothing else from
 * going on: it is known here, with the reason.
 */
final class MissingTables {
    private static final Logger LOG = LoggerFactory.getLogger(MissingTables.class);

    private final DestinationContext context;
    private final Map<TableId, TidetableException> refused = new TreeMap<>();

    MissingTables(DestinationContext context) {
        this.context = context;
    }

    /**
     * Creates what is missing.
     *
     * @param registered what the destination remembers
     */
    void create(
            Connection source,
            Connection destination,
            Map<TableId, Placed> wanted,
            List<SequenceDefinition> sequences,
            Map<TableId, Registered> registered)
            throws SQLException {
        Map<TableId, Creation> created =
                creator(source, destination)
                        .createMissing(
                                wanted.values().stream()
                                        .map(it -> it.wanted().definition())
                                        .toList(),
                                sequences,
                                table -> {
                                    Placed placed = Objects.requireNonNull(wanted.get(table));
                                    return new TableCreator.Placement(
                                            placed.wanted().lane(), placed.track());
                                });
        created.forEach((table, creation) -> note(table, creation, registered.get(table)));
        long made = created.values().stream().filter(it -> it instanceof Creation.Created).count();
        if (made > 0) {
            LOG.info("{} tables were created at {}", made, context.id());
        }
        refused.forEach((table, reason) -> LOG.error("table {} stopped: {}", table, reason.line()));
        if (!refused.isEmpty() && refused.size() == wanted.size()) {
            LOG.error(
                    "TT-417 none of the {} tables can be created at {}, so nothing is replicated there; what each lacks was said above",
                    wanted.size(),
                    context.id());
        }
        // Whoever makes them by hand makes them empty.
        context.tables()
                .become(
                        destination,
                        refused.keySet().stream()
                                .filter(it -> hadRows(registered.get(it)))
                                .toList(),
                        Stage.MERGING);
    }

    private TableCreator creator(Connection source, Connection destination) {
        return new TableCreator(source, destination, context.pipeline(), context.faults());
    }

    private void note(TableId table, Creation creation, @Nullable Registered known) {
        switch (creation) {
            case Creation.Created(List<String> remarks) -> {
                LOG.debug("table {} created at the destination", table);
                remarks.forEach(remark -> LOG.warn("table {}: {}", table, remark));
                if (hadRows(known)) {
                    LOG.warn(
                            "table {} was missing at {}; it was created and is brought whole from the source",
                            table,
                            context.id());
                }
            }
            case Creation.Ours(), Creation.Found() -> {}
            case Creation.Refused(TidetableException reason) ->
                    refused.put(table, explained(table, reason));
        }
    }

    /** Whether rows of ours were there. */
    private static boolean hadRows(@Nullable Registered known) {
        return known != null && known.stage().hasRows();
    }

    private static TidetableException explained(TableId table, TidetableException reason) {
        return new TidetableException(
                reason.code(),
                "%s; nothing of %s is carried there until that is mended and 'tidetable resume %s' has it created and copied"
                        .formatted(reason.getMessage(), table, table),
                reason);
    }

    /** Why the table could not be created; null where it is there. */
    @Nullable TidetableException refusal(TableId table) {
        return refused.get(table);
    }

    /**
     * Tries once more to create a table that could not be created.
     *
     * @param known what the destination remembers of it
     * @return the table as the source has it now
     * @throws TidetableException why it still cannot be created
     */
    TableDefinition createAgain(
            Connection source, Connection destination, LaneTable table, Registered known)
            throws SQLException {
        TableId id = table.table();
        List<TableDefinition> found = SourceCatalog.named(source, List.of(id));
        if (found.isEmpty()) {
            throw new TidetableException(
                    "TT-416",
                    "table %s is not at the source any more; start again to have it left out"
                            .formatted(id));
        }
        Creation creation =
                creator(source, destination)
                        .createMissing(
                                found,
                                SourceCatalog.sequences(
                                        source, found, TableSelection.of(List.of())),
                                _ -> new TableCreator.Placement(known.lane(), table.track()))
                        .get(id);
        if (creation instanceof Creation.Refused(TidetableException reason)) {
            throw explained(id, reason);
        }
        return found.getFirst();
    }
}
