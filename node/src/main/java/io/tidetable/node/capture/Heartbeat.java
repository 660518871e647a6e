package io.tidetable.node.capture;

import io.tidetable.model.Track;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small message that is written to the source's log at an interval and comes back on every track:
 * so slots move while the source is idle, and the delay from a commit to its reception is known
 * without a common clock. With it, now and then, goes a note of the running transactions, where the
 * source allows that: slots keep less of its log then.
 *
 * <p>The messages are transactional, so that they are flushed and come in commit order like changes
 * do. {@link #received} is to be called with every message that a {@link CaptureListener} hears.
 */
public final class Heartbeat implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

    private static final String WORD = "heartbeat ";

    /**
     * A slot lets go of the log only where the source has noted its running transactions, which it
     * does by itself every 15 seconds.
     */
    private static final String NOTE_RUNNING = "SELECT pg_catalog.pg_log_standby_snapshot()";

    /** Since PostgreSQL 16, and only where it was granted. */
    private static final String MAY_NOTE_RUNNING =
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_proc p
                WHERE p.proname = 'pg_log_standby_snapshot'
                    AND p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
                    AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
            """;

    /** Heartbeats between two notes of the running transactions. */
    private static final int NOTED_EACH = 5;

    /** Heartbeats that are remembered until they come back. */
    private static final int REMEMBERED = 1000;

    private final Database source;
    private final Duration interval;
    private final String run;
    private final Thread thread;
    private final Map<String, Long> committed =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                    return size() > REMEMBERED;
                }
            };
    private final Map<Track, Duration> delays = new ConcurrentHashMap<>();

    /**
     * A source's heartbeat; nothing happens before {@link #start}.
     *
     * @param chance tells its messages from those of earlier runs
     */
    public Heartbeat(Database source, Duration interval, RandomGenerator chance) {
        this.source = source;
        this.interval = interval;
        this.run = Long.toHexString(chance.nextLong());
        this.thread = Thread.ofVirtual().name("heartbeat").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        boolean lost = false;
        long number = 0;
        while (!Thread.currentThread().isInterrupted()) {
            try (Connection connection = source.connect("tidetable heartbeat");
                    Statement statement = connection.createStatement()) {
                // Flushed here is enough; standbys are not waited for.
                statement.execute("SET synchronous_commit = local");
                boolean noting = mayNoteRunning(statement);
                while (true) {
                    number++;
                    beat(connection, run + "-" + number);
                    if (noting && number % NOTED_EACH == 0) {
                        statement.execute(NOTE_RUNNING);
                    }
                    if (lost) {
                        lost = false;
                        LOG.info("heartbeats reach the source again");
                    }
                    Thread.sleep(interval);
                }
            } catch (SQLException e) {
                if (Thread.currentThread().isInterrupted()) {
                    // A virtual thread that is interrupted in a read loses its connection.
                    return;
                }
                if (!lost) {
                    lost = true;
                    LOG.warn("heartbeats do not reach the source, retrying: {}", e.getMessage());
                }
                if (!pause()) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static boolean mayNoteRunning(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(MAY_NOTE_RUNNING)) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private boolean pause() {
        try {
            Thread.sleep(interval);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void beat(Connection connection, String id) throws SQLException {
        Publications.emit(connection, WORD + id);
        long now = System.nanoTime();
        synchronized (committed) {
            // It may have come back on a track before the commit's answer came here.
            committed.putIfAbsent(id, now);
        }
    }

    /** A message came back on a track; others than heartbeats of this run are ignored. */
    public void received(Track track, LogicalMessage message) {
        long now = System.nanoTime();
        @Nullable String id = idOf(message.content());
        if (id == null) {
            return;
        }
        long since;
        synchronized (committed) {
            Long known = committed.putIfAbsent(id, now);
            since = known == null ? now : known;
        }
        delays.put(track, Duration.ofNanos(now - since));
    }

    private @Nullable String idOf(String content) {
        return content.startsWith(WORD + run + "-") ? content.substring(WORD.length()) : null;
    }

    /** From commit at the source to reception of the newest heartbeat; empty before the first. */
    public Optional<Duration> delay(Track track) {
        return Optional.ofNullable(delays.get(track));
    }

    /** Stops it. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
