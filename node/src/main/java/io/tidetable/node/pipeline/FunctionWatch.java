package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.functional.FunctionNeeds;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.strategy.FunctionalNeed;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then whether functions need more than their tables carry: a comment that was made,
 * a query that is run. What is newly needed is brought by a merge. It only ever adds; what nobody
 * needs any more goes when the strategy is asked for anew, since a query that is not seen for a
 * while may still be run.
 */
final class FunctionWatch {
    private static final Logger LOG = LoggerFactory.getLogger(FunctionWatch.class);

    private final DestinationContext context;
    private final Map<TableId, List<String>> asked = new ConcurrentHashMap<>();
    private final Map<TableId, String> troubles = new HashMap<>();

    FunctionWatch(DestinationContext context) {
        this.context = context;
    }

    /** What was asked for: functions whose needs are found out are watched. */
    void asked(TableId table, Strategy strategy) {
        if (strategy instanceof Strategy.Functional functional
                && functional.columns().isEmpty()
                && functional.rows() == null) {
            asked.put(table, functional.functions());
        } else {
            asked.remove(table);
        }
    }

    /** A strategy that is to be brought to a table. */
    interface Change {
        void to(LaneTable table, Strategy.Functional strategy) throws SQLException;
    }

    /** Compares what is needed with what is carried, of tables that stream. */
    void look(Iterable<LaneTable> tables, Connection source, Connection destination, Change change)
            throws SQLException {
        List<LaneTable> watched = new ArrayList<>();
        for (LaneTable table : tables) {
            if (asked.containsKey(table.table())
                    && table.state() == TableState.STREAMING
                    && table.strategy().aim() instanceof Strategy.Functional) {
                watched.add(table);
            }
        }
        if (watched.isEmpty()) {
            return;
        }
        FunctionNeeds needs;
        try {
            needs = context.functions().needs(source, destination);
        } catch (TidetableException e) {
            watched.forEach(table -> trouble(table.table(), e));
            return;
        }
        for (LaneTable table : watched) {
            try {
                look(table, needs, change);
                troubles.remove(table.table());
            } catch (TidetableException e) {
                trouble(table.table(), e);
            }
        }
    }

    private void look(LaneTable table, FunctionNeeds needs, Change change) throws SQLException {
        List<String> functions = asked.get(table.table());
        if (functions == null || !(table.strategy().aim() instanceof Strategy.Functional carried)) {
            return;
        }
        Strategy.Functional found = needs.strategyFor(table.table(), new TreeSet<>(functions));
        Strategy.Functional both = FunctionalNeed.together(carried, found);
        if (!both.columns().equals(carried.columns())
                || !Objects.equals(both.rows(), carried.rows())) {
            LOG.info(
                    "functions {} need more of table {} than it carries: {}",
                    functions,
                    table.table(),
                    both.describe());
            change.to(table, both);
        }
    }

    /** Said once; the look comes again. */
    private void trouble(TableId table, TidetableException e) {
        if (!e.line().equals(troubles.put(table, e.line()))) {
            LOG.warn("table {} carries what it did: {}", table, e.line());
        }
    }
}
