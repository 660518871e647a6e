package io.tidetable.node.pipeline;

import io.tidetable.node.apply.PostgresApplier;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.apply.ProgressStore;
import io.tidetable.node.copy.ChunkCopier;
import io.tidetable.node.lane.Lane;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connections of one applier, made when first needed and made anew after trouble. */
final class ApplierSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApplierSession.class);

    private final DestinationContext context;
    private @Nullable PostgresApplier applier;
    private @Nullable ChunkCopier chunks;
    private @Nullable Connection bookkeeping;

    ApplierSession(DestinationContext context) {
        this.context = context;
    }

    PostgresApplier applier() throws SQLException {
        if (applier != null && applier.isBroken()) {
            breakConnections();
        }
        if (applier == null) {
            applier = context.newApplier("tidetable apply");
        }
        return applier;
    }

    ChunkCopier chunks() {
        if (chunks == null) {
            chunks = new ChunkCopier(context.database(), context.faults());
        }
        return chunks;
    }

    /** The lane's progress, read from the destination where it is not known; claims it at first. */
    Progress progressOf(Lane lane) throws SQLException {
        Progress known = lane.progress();
        if (known != null) {
            return known;
        }
        Progress claimed = context.claimed().remove(lane.id());
        if (claimed != null && !lane.owned()) {
            lane.owned(true);
            lane.standsAt(claimed);
            return claimed;
        }
        if (bookkeeping == null) {
            bookkeeping = context.connect("tidetable progress");
        }
        ProgressStore store = new ProgressStore(bookkeeping, Duration.ofSeconds(30));
        Progress found =
                (lane.owned()
                                ? store.read(context.pipeline(), lane.id())
                                : store.claim(context.pipeline(), lane.id()))
                        .orElseThrow(() ->
                                new IllegalStateException(
                                        "lane " + lane.id() + " has no progress"));
        lane.owned(true);
        lane.standsAt(found);
        return found;
    }

    /** Something went wrong on one of them: none is used again. */
    void breakConnections() {
        quietly(applier);
        quietly(chunks);
        quietly(bookkeeping);
        applier = null;
        chunks = null;
        bookkeeping = null;
    }

    private static void quietly(@Nullable AutoCloseable connection) {
        if (connection == null) {
            return;
        }
        try {
            connection.close();
        } catch (Exception e) {
            LOG.debug("a broken connection did not close: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        breakConnections();
    }
}
