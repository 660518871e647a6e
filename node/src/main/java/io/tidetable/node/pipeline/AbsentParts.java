package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.apply.SqlFault;
import io.tidetable.node.catalog.EnumSync;
import io.tidetable.node.catalog.PartitionSync;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.copy.TableCopy;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /** What is known of the missing parts after a look. */
    enum Answer {
        /** Made now, or just before by somebody else: the rows may have them. */
        MAYBE_THERE,
        /** The source has none that is missing, or it cannot be made. */
        ABSENT,
        /** A server did not answer, or a lock was not had: the look is to be repeated. */
        UNKNOWN
    }

    /** How far work had come that lacked something and found all there. */
    private final Map<Object, Object> foundThere = new HashMap<>();

    AbsentParts(DestinationContext context) {
        this.context = context;
    }

    /** Makes the partitions that the source has meanwhile. */
    Answer addPartitions(Attempt attempt, Lane lane, Set<TableId> tables) {
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
            return added ? Answer.MAYBE_THERE : madeBySomebodyElse(attempt);
        } catch (TidetableException e) {
            LOG.warn("{}", e.line());
            if (added) {
                return Answer.MAYBE_THERE;
            }
            return e.getCause() instanceof SQLException cause ? after(cause) : Answer.ABSENT;
        } catch (SQLException e) {
            LOG.warn(
                    "TT-413 the partitions of {} could not be compared: {}",
                    tables,
                    e.getMessage());
            return after(e);
        }
    }

    /** Adds the labels that the source's enums have meanwhile. */
    Answer addLabels(Attempt attempt, Set<TableId> tables) {
        try (Connection source = context.source().connect("tidetable enums");
                Connection destination = context.connect("tidetable enums")) {
            List<String> added =
                    EnumSync.addMissingLabels(
                            source, destination, SourceCatalog.named(source, tables));
            if (added.isEmpty()) {
                return madeBySomebodyElse(attempt);
            }
            LOG.info("enums follow the source: {}", added);
            context.types().refresh();
            return Answer.MAYBE_THERE;
        } catch (SQLException e) {
            LOG.warn("TT-414 the enums of {} could not be compared: {}", tables, e.getMessage());
            return after(e);
        }
    }

    private static Answer after(SQLException trouble) {
        return switch (SqlFault.of(trouble)) {
            case RETRY, CONNECTION -> Answer.UNKNOWN;
            case ROW, TABLE -> Answer.ABSENT;
        };
    }

    /**
     * Nothing was missing: somebody else, whose rows needed the same, may have made it just before.
     * Tables share enums, and copies are made by several. So it is tried once more; what fails
     * again without having come further lacks something else.
     */
    private Answer madeBySomebodyElse(Attempt attempt) {
        Object before = foundThere.put(attempt.work(), attempt.reached());
        return attempt.reached().equals(before) ? Answer.ABSENT : Answer.MAYBE_THERE;
    }

    /**
     * Work that lacked something.
     *
     * @param reached how far it had come
     */
    record Attempt(Object work, Object reached) {
        static Attempt of(Lane lane) {
            return new Attempt(lane.id(), Optional.ofNullable(lane.progress()));
        }

        static Attempt of(TableId table, TableCopy copy) {
            return new Attempt(table, copy.remaining());
        }
    }
}
