package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tables bulk carries as well while they ride express: those that may move by themselves. A
 * flood can then be left in the middle of the transaction that it is, which bulk has from its first
 * row, once everybody has ended who wrote to the table before bulk carried it.
 */
final class TrackExits implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrackExits.class);
    private static final Duration AGAIN = Duration.ofMillis(500);

    private final Set<TableId> tables = new HashSet<>();
    private final Set<TableId> open = ConcurrentHashMap.newKeySet();
    private @Nullable Thread opener;

    /**
     * The ways out of express.
     *
     * @param automatic whether tables move by themselves
     * @param whyNoMoves why tables cannot move; null where they can
     */
    TrackExits(TrackUnits units, boolean automatic, @Nullable String whyNoMoves) {
        if (automatic && whyNoMoves == null) {
            units.all().stream()
                    .filter(TrackUnit::isFree)
                    .forEach(unit -> tables.addAll(unit.tables()));
        }
    }

    /** Whether all of the tables have one. */
    boolean areFor(Set<TableId> those) {
        return tables.containsAll(those);
    }

    /** Whether bulk carries all of the tables whole, as far as is known here. */
    boolean areOpenTo(Set<TableId> those) {
        return open.containsAll(those);
    }

    /** Bulk carries the tables whole. */
    void open(Set<TableId> those) {
        open.addAll(those);
    }

    /** Bulk does not carry the tables, or not whole. */
    void shut(Set<TableId> those) {
        open.removeAll(those);
    }

    /** Opens the ways out of tables that bulk began to carry, each as soon as that is possible. */
    void openWhenPossible(Set<TableId> prepared, SourceSide source) {
        if (!prepared.isEmpty()) {
            opener =
                    Thread.ofVirtual()
                            .name("track-exits")
                            .start(() -> openEach(new HashSet<>(prepared), source));
        }
    }

    private void openEach(Set<TableId> left, SourceSide source) {
        while (!left.isEmpty()) {
            try {
                source.awaitWritersOfEach(
                        Set.copyOf(left),
                        table -> {
                            open.add(table);
                            left.remove(table);
                        });
            } catch (SQLException e) {
                LOG.info("{} cannot leave express at once yet: {}", left, e.getMessage());
                if (!pause()) {
                    return;
                }
            } catch (RuntimeException e) {
                LOG.error("TT-492 {} cannot leave express at once", left, e);
                return;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(AGAIN);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Override
    public void close() {
        Thread running = opener;
        if (running != null) {
            running.interrupt();
            try {
                running.join(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
