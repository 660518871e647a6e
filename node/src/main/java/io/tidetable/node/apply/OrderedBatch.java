package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionPart;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies a batch one change at a time in source order, and finds out which changes the destination
 * refuses whatever is done: those go to quarantine, the rest is written.
 *
 * <p>Changes are tried some hundred together under one savepoint; where that fails, the two halves
 * are tried one after the other, down to the single change. Constraints that are checked late are
 * checked at the end of each source transaction; a transaction that fails there is written again
 * with every check at once.
 */
final class OrderedBatch {
    private static final Logger LOG = LoggerFactory.getLogger(OrderedBatch.class);
    private static final int TOGETHER = 256;
    private static final long BYTES_TOGETHER = 16 << 20;

    private final Session session;
    private final ApplyMode mode;
    private final Tally tally;
    private final QuarantineWriter quarantine;
    private final RowSender sender;
    private final OrderedWriter ordered;
    private QuarantineChains chains;
    private boolean quarantineChanged;
    private long refused;
    private final Map<TableId, String> reasons = new HashMap<>();

    OrderedBatch(
            Session session,
            ApplyMode mode,
            Tally tally,
            QuarantineChains chains,
            QuarantineWriter quarantine) {
        this.session = session;
        this.mode = mode;
        this.tally = tally;
        this.chains = chains;
        this.quarantine = quarantine;
        this.sender = new RowSender(session.connection(), tally);
        this.ordered = new OrderedWriter(sender);
    }

    /**
     * Writes everything.
     *
     * @return whether the lane's quarantine changed
     */
    boolean apply(List<TransactionPart> parts) throws SQLException {
        try {
            for (TransactionPart part : parts) {
                part(part);
            }
            reasons.forEach((table, reason) ->
                    LOG.warn(
                            "{}: the destination refuses changes, they go to quarantine; the first because: {}",
                            table,
                            reason));
            return quarantineChanged;
        } finally {
            sender.discard();
        }
    }

    private void part(TransactionPart part) throws SQLException {
        Tally before = tally.outcome();
        QuarantineChains chainsBefore = chains.copy();
        boolean changedBefore = quarantineChanged;
        long refusedBefore = refused;
        try {
            session.inSavepoint(() -> {
                if (write(part, true)) {
                    session.execute("SET CONSTRAINTS ALL IMMEDIATE");
                    session.execute("SET CONSTRAINTS ALL DEFERRED");
                }
            });
        } catch (SQLException e) {
            if (SqlFault.of(e) != SqlFault.ROW) {
                throw e;
            }
            sender.discard();
            tally.resetOutcome(before);
            chains = chainsBefore;
            quarantineChanged = changedBefore;
            refused = refusedBefore;
            session.execute("SET CONSTRAINTS ALL IMMEDIATE");
            write(part, false);
            session.execute("SET CONSTRAINTS ALL DEFERRED");
        }
    }

    /** Whether one of the tables has constraints that are checked late. */
    private boolean write(TransactionPart part, boolean counted) throws SQLException {
        boolean deferrable = false;
        List<RowChange> together = new ArrayList<>();
        long bytes = 0;
        ChangeStream changes = new ChangeStream(session.planner(), part);
        for (RowChange change = changes.next(); change != null; change = changes.next()) {
            if (counted) {
                tally.count(change);
            }
            deferrable |= change.plan().target().deferrable();
            if (change.kind() == ChangeKind.TRUNCATE) {
                write(together);
                together.clear();
                truncate(change);
                continue;
            }
            together.add(change);
            bytes += change.payload().remaining();
            if (together.size() >= TOGETHER || bytes >= BYTES_TOGETHER) {
                write(together);
                together.clear();
                bytes = 0;
            }
        }
        write(together);
        return deferrable;
    }

    private void truncate(RowChange change) throws SQLException {
        TableId table = change.plan().table();
        if (chains.concern(table)) {
            quarantine.clear(chains, table);
            quarantineChanged = true;
        }
        session.emptier().empty(change.plan().target(), change.payload());
    }

    private void write(List<RowChange> changes) throws SQLException {
        if (changes.isEmpty()) {
            return;
        }
        List<RowChange> free = new ArrayList<>(changes.size());
        for (RowChange change : changes) {
            if (!QuarantineWriter.concerns(chains, change)) {
                free.add(change);
            } else if (changes.size() > 1) {
                // It may join a row's chain only after what stands before it has been tried.
                split(changes);
                return;
            } else {
                join(change);
                return;
            }
        }
        Tally before = tally.outcome();
        try {
            session.inSavepoint(() -> {
                for (RowChange change : free) {
                    ordered.write(change, mode);
                }
                sender.flush();
            });
        } catch (SQLException e) {
            sender.discard();
            if (SqlFault.of(e) != SqlFault.ROW) {
                throw e;
            }
            tally.resetOutcome(before);
            if (changes.size() > 1) {
                split(changes);
            } else {
                refuse(changes.getFirst(), e);
            }
        }
    }

    private void split(List<RowChange> changes) throws SQLException {
        int half = changes.size() / 2;
        write(changes.subList(0, half));
        write(changes.subList(half, changes.size()));
    }

    private void join(RowChange change) throws SQLException {
        quarantine.add(chains, change, null, "an earlier change of the row is in quarantine");
        quarantined(change);
    }

    private void refuse(RowChange change, SQLException error) throws SQLException {
        TableId table = change.plan().table();
        if (++refused > session.settings().quarantineLimit()) {
            throw new TableApplyException(
                    "TT-456",
                    Set.of(table),
                    "the destination refuses more than %d changes of one batch, the last of %s: %s; its lane waits"
                            .formatted(
                                    session.settings().quarantineLimit(),
                                    table,
                                    SqlFault.message(error)),
                    error);
        }
        quarantine.add(chains, change, error.getSQLState(), SqlFault.messageAndDetail(error));
        quarantined(change);
        reasons.putIfAbsent(table, SqlFault.message(error));
    }

    private void quarantined(RowChange change) {
        quarantineChanged = true;
        tally.quarantined(change.plan().table(), 1);
    }
}
