package io.tidetable.node.check;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A look at one destination. What it says of itself is read while its caller examines the source,
 * which takes as long where there are thousands of tables; what was found is told in the order in
 * which the caller asks.
 */
final class DestinationLook implements AutoCloseable {
    private final DestinationId id;
    private final Database database;
    private final CheckRequest request;
    private final Findings found = new Findings();
    private @Nullable Thread thread;
    private @Nullable Connection connection;
    private @Nullable DestinationFacts facts;
    private @Nullable SQLException failure;
    private @Nullable RuntimeException broken;
    private Set<TableId> wanted = Set.of();

    /** One that has not begun. */
    DestinationLook(DestinationId id, Database database, CheckRequest request) {
        this.id = id;
        this.database = database;
        this.request = request;
    }

    /** Begins to read what the destination says of itself and of these tables. */
    void begin(Collection<TableId> tables) {
        wanted = new HashSet<>(tables);
        thread = Thread.ofVirtual().name("check-" + id).start(this::read);
    }

    private void read() {
        try {
            Connection opened = Reachability.ofDestination(id.name()).connect(database, found);
            connection = opened;
            if (opened != null) {
                facts = DestinationFacts.read(opened, request.pipeline(), wanted);
            }
        } catch (SQLException e) {
            failure = e;
        } catch (RuntimeException e) {
            broken = e;
        }
    }

    /**
     * Says what does not go with the source's tables.
     *
     * @param source null where there is no source
     */
    void check(@Nullable Connection source, List<TableDefinition> tables, Findings findings) {
        List<TableId> all = tables.stream().map(TableDefinition::id).toList();
        if (thread == null) {
            begin(all);
        }
        await();
        if (broken != null) {
            throw broken;
        }
        findings.addAll(found);
        Connection destination = connection;
        if (destination == null) {
            return;
        }
        try {
            if (failure != null) {
                throw failure;
            }
            DestinationFacts read = facts;
            if (read == null || !wanted.containsAll(all)) {
                // A table was made at the source since its names were read.
                read = DestinationFacts.read(destination, request.pipeline(), all);
            }
            new DestinationServerChecks(id, read, findings)
                    .run(source == null ? null : ServerFacts.read(source));
            if (source != null) {
                new DestinationTableChecks(id, read, request, findings)
                        .run(source, destination, tables);
            }
        } catch (SQLException e) {
            findings.error(
                    Check.DESTINATION_UNREACHABLE,
                    id.name(),
                    "the destination could not be examined: %s".formatted(e.getMessage()));
        }
    }

    private void await() {
        boolean interrupted = false;
        while (thread != null) {
            try {
                thread.join();
                thread = null;
            } catch (InterruptedException e) {
                thread.interrupt();
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
            await();
        }
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                // Nothing more is asked of it.
                connection = null;
            }
        }
    }
}
