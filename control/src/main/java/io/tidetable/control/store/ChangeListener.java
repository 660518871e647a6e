package io.tidetable.control.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what has changed in the metadata store, whoever changed it. After a lost connection
 * everything counts as changed, so nothing is missed.
 */
final class ChangeListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeListener.class);
    private static final String CHANNEL = "tidetable_metadata";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ConnectionSource source;
    private final String pipeline;
    private final Consumer<Set<Kind>> told;
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Thread thread;
    private volatile @Nullable Connection listening;

    ChangeListener(ConnectionSource source, String pipeline, Consumer<Set<Kind>> told) {
        this.source = source;
        this.pipeline = pipeline;
        this.told = told;
    }

    void start() {
        thread = Thread.ofVirtual().name("metadata-changes").start(this::run);
    }

    private void run() {
        boolean lost = false;
        while (closed.getCount() > 0) {
            try (Connection connection = source.open("tidetable metadata changes")) {
                listening = connection;
                try (Statement statement = connection.createStatement()) {
                    statement.execute("LISTEN " + CHANNEL);
                }
                if (lost) {
                    LOG.info("the metadata store is heard again");
                }
                lost = false;
                tell(EnumSet.allOf(Kind.class));
                listen(connection);
            } catch (SQLException e) {
                if (closed.getCount() > 0 && !lost) {
                    LOG.warn(
                            "the metadata store is not heard: {}; what was read last goes on to count, and it is tried again each second",
                            e.getMessage());
                }
                lost = true;
                pause();
            }
        }
    }

    private void listen(Connection connection) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        while (closed.getCount() > 0) {
            PGNotification[] notices =
                    postgres.getNotifications(Math.toIntExact(PATIENCE.toMillis()));
            Set<Kind> changed = EnumSet.noneOf(Kind.class);
            for (PGNotification notice : notices) {
                note(notice.getParameter(), changed);
            }
            if (!changed.isEmpty()) {
                tell(changed);
            } else if (!connection.isValid(Math.toIntExact(PATIENCE.toSeconds()))) {
                throw new SQLException("the connection does not answer");
            }
        }
    }

    private void note(String payload, Set<Kind> changed) {
        for (Kind kind : Kind.values()) {
            if (payload.equals(pipeline + " " + kind.table())) {
                changed.add(kind);
            }
        }
    }

    private void tell(Set<Kind> changed) {
        try {
            told.accept(changed);
        } catch (RuntimeException e) {
            LOG.warn(
                    "a change in the metadata store was not followed: {}; the next change or a restart brings it",
                    e.getMessage(),
                    e);
        }
    }

    private void pause() {
        try {
            if (closed.await(1, TimeUnit.SECONDS)) {
                LOG.debug("no longer listening");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed.countDown();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        Connection connection = listening;
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("the listening connection was gone", e);
            }
        }
        Thread running = thread;
        thread = null;
        if (running != null) {
            try {
                running.join(PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
