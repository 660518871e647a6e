package io.tidetable.node.pipeline;

import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.catalog.EnumSync;
import io.tidetable.node.catalog.PartitionSync;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What rows need at the destination beside their table, and what the source may have by now:
 * partitions and labels of enums.
 */
final class AbsentParts {
    private static final Logger LOG = LoggerFactory.getLogger(AbsentParts.class);

    /** How long a change of a table waits for its readers before it is tried again. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);

    private final DestinationContext context;

    /** Lanes that found all partitions there, made by somebody else just before. */
    private final Set<LaneId> foundThere = new HashSet<>();

    AbsentParts(DestinationContext context) {
        this.context = context;
    }

    /**
     * Makes the partitions that the source has meanwhile; whether the lane's rows may have one now.
     * Somebody else may have been faster: where nothing is missing, it is tried once.
     */
    boolean addPartitions(Lane lane, Set<TableId> tables) {
        boolean added = false;
        try (Connection source = context.source().connect("tidetable partitions");
                Connection destination = context.connect("tidetable partitions")) {
            PartitionSync partitions =
                    new PartitionSync(source, destination, context.pipeline(), LOCK_PATIENCE);
            for (TableId table : tables) {
                PartitionSync.Outcome outcome = partitions.ensurePartitions(table);
                List<TableId> created = outcome.created();
                LaneTable known = lane.table(table);
                if (known != null && outcome.needsMerge()) {
                    known.needsMerge(true);
                }
                if (!created.isEmpty()) {
                    LOG.info("table {}: partitions created: {}", table, created);
                    added = true;
                }
            }
            if (added) {
                foundThere.remove(lane.id());
            } else {
                added = foundThere.add(lane.id());
            }
        } catch (TidetableException e) {
            LOG.warn("{}", e.line());
        } catch (SQLException e) {
            LOG.warn(
                    "TT-413 the partitions of {} could not be compared: {}",
                    tables,
                    e.getMessage());
        }
        return added;
    }

    /** Adds the labels that the source's enums have meanwhile; whether there were any. */
    boolean addLabels(Set<TableId> tables) {
        try (Connection source = context.source().connect("tidetable enums");
                Connection destination = context.connect("tidetable enums")) {
            List<String> added =
                    EnumSync.addMissingLabels(
                            source, destination, SourceCatalog.named(source, tables));
            if (added.isEmpty()) {
                return false;
            }
            LOG.info("enums follow the source: {}", added);
            context.types().refresh();
            return true;
        } catch (SQLException e) {
            LOG.warn("TT-414 the enums of {} could not be compared: {}", tables, e.getMessage());
            return false;
        }
    }
}
