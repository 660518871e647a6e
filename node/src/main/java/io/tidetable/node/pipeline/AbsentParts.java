package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.apply.SqlFault;
import io.tidetable.node.apply.TableApplyException;
import io.tidetable.node.catalog.EnumSync;
import io.tidetable.node.catalog.PartitionSync;
import io.tidetable.node.catalog.SourceCatalog;
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
import org.jspecify.annotations.Nullable;
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

    /** What is known of the missing parts after a look. */
    sealed interface Answer {
        /** Made now, or just before by somebody else: the rows may have them. */
        record MaybeThere() implements Answer {}

        /** The source has none that is missing, or it cannot be made. */
        record Absent() implements Answer {}

        /**
         * A server did not answer, or a lock was not had: the look is to be repeated.
         *
         * @param why with its code
         */
        record Unknown(String why) implements Answer {}
    }

    private final DestinationContext context;

    /** What was refused of work that then found nothing missing. */
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
            return added ? new Answer.MaybeThere() : madeBySomebodyElse(attempt);
        } catch (TidetableException e) {
            return added ? new Answer.MaybeThere() : after(e.line(), e.getCause());
        } catch (SQLException e) {
            String why =
                    "TT-413 the partitions of %s could not be compared: %s"
                            .formatted(tables, e.getMessage());
            return added ? new Answer.MaybeThere() : after(why, e);
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
            return new Answer.MaybeThere();
        } catch (SQLException e) {
            return after(
                    "TT-414 the enums of %s could not be compared: %s"
                            .formatted(tables, e.getMessage()),
                    e);
        }
    }

    private static Answer after(String why, @Nullable Throwable cause) {
        if (cause instanceof SQLException trouble && mayPass(trouble)) {
            return new Answer.Unknown(why);
        }
        LOG.warn("{}", why);
        return new Answer.Absent();
    }

    private static boolean mayPass(SQLException trouble) {
        String state = String.valueOf(trouble.getSQLState());
        return switch (SqlFault.of(trouble)) {
            case RETRY, CONNECTION -> true;
            // A login that is refused, a schema that somebody else makes at the same time.
            case ROW, TABLE ->
                    state.startsWith("28") || state.equals("42P06") || state.equals("23505");
        };
    }

    /**
     * Nothing was missing: somebody else, whose rows needed the same, may have made it just before.
     * Tables share enums, and copies are made by several. So it is tried once more; what fails
     * again in the same way at the same place lacks something else.
     */
    private Answer madeBySomebodyElse(Attempt attempt) {
        Object before = foundThere.put(attempt.work(), attempt.refusal());
        return attempt.refusal().equals(before) ? new Answer.Absent() : new Answer.MaybeThere();
    }

    /**
     * Work that lacked something.
     *
     * @param refusal what the destination said, and where that was
     */
    record Attempt(Object work, Object refusal) {
        static Attempt of(Lane lane, TableApplyException refused) {
            return new Attempt(
                    lane.id(), Map.entry(Optional.ofNullable(lane.progress()), refused.line()));
        }

        /** Labels do not go away again: of a copy one refusal for each counts. */
        static Attempt of(TableId copied, SQLException refused) {
            return new Attempt(copied, String.valueOf(refused.getMessage()));
        }
    }
}
