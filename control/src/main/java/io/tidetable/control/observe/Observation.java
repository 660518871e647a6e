package io.tidetable.control.observe;

import io.tidetable.control.classify.Figure;
import io.tidetable.model.TableId;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Figures of tables, from the newest reading of a server and earlier ones: rates are over the time
 * between two, or since the statistics were reset where there is no earlier one.
 *
 * @param before null while there is none
 * @param hourBefore made an hour or a little more ago; null while there is none
 */
public record Observation(Reading now, @Nullable Reading before, @Nullable Reading hourBefore) {
    /** A time between readings below which rates say little. */
    public static final Duration SHORTEST_WINDOW = Duration.ofSeconds(5);

    /** An observation that has not lasted for an hour. */
    public Observation(Reading now, @Nullable Reading before) {
        this(now, before, null);
    }

    /** The figures of a table at the source, and at its destination where that is known. */
    public static SortedMap<String, Double> figures(
            TableId table, Observation source, @Nullable Observation destination) {
        SortedMap<String, Double> figures = new TreeMap<>();
        Counters counted = source.now.tables().getOrDefault(table, Counters.NONE);
        Rates rates = source.rates(table, source.before);
        put(figures, Figure.ROWS, Math.max(0, counted.rows()));
        put(figures, Figure.BYTES, counted.bytes());
        put(figures, Figure.INDEX_BYTES, counted.indexBytes());
        put(figures, Figure.PARTITIONS, (double) counted.partitions());
        put(figures, Figure.READS_PER_SECOND, rates.reads());
        put(figures, Figure.ROWS_READ_PER_SECOND, rates.of(rates.counted.rowsRead()));
        put(figures, Figure.DISK_READS_PER_SECOND, rates.of(rates.counted.diskReads()));
        put(figures, Figure.INSERTS_PER_SECOND, rates.of(rates.counted.inserts()));
        put(figures, Figure.UPDATES_PER_SECOND, rates.of(rates.counted.updates()));
        put(figures, Figure.DELETES_PER_SECOND, rates.of(rates.counted.deletes()));
        put(figures, Figure.CHANGES_PER_SECOND, rates.changes());
        put(figures, Figure.OBSERVED_SECONDS, rates.seconds);
        Rates sinceReset = source.sinceReset(table);
        put(figures, Figure.READS_PER_SECOND_SINCE_RESET, sinceReset.reads());
        put(figures, Figure.CHANGES_PER_SECOND_SINCE_RESET, sinceReset.changes());
        put(figures, Figure.SECONDS_SINCE_RESET, sinceReset.seconds);
        Rates hourly = source.rates(table, source.hourBefore);
        put(figures, Figure.HOURLY_READS_PER_SECOND, hourly.reads());
        put(figures, Figure.HOURLY_SECONDS, hourly.seconds);
        put(
                figures,
                Figure.HOURLY_DESTINATION_READS_PER_SECOND,
                destination == null ? 0 : destination.rates(table, destination.hourBefore).reads());
        Rates there = destination == null ? null : destination.rates(table, destination.before);
        put(figures, Figure.DESTINATION_READS_PER_SECOND, there == null ? 0 : there.reads());
        put(
                figures,
                Figure.DESTINATION_ROWS_READ_PER_SECOND,
                there == null ? 0 : there.of(there.counted.rowsRead()));
        return figures;
    }

    private static void put(SortedMap<String, Double> figures, Figure figure, double value) {
        figures.put(figure.label(), Math.round(value * 1000) / 1000.0);
    }

    private Rates sinceReset(TableId table) {
        return new Rates(now.tables().getOrDefault(table, Counters.NONE), now.secondsSinceReset());
    }

    private Rates rates(TableId table, @Nullable Reading earlier) {
        Counters later = now.tables().get(table);
        if (earlier == null || later == null) {
            return sinceReset(table);
        }
        Duration window = Duration.between(earlier.at(), now.at());
        Counters first = earlier.tables().get(table);
        if (first == null || window.compareTo(SHORTEST_WINDOW) < 0 || !later.continues(first)) {
            return sinceReset(table);
        }
        return new Rates(
                new Counters(
                        later.partitions(),
                        later.rows(),
                        later.bytes(),
                        later.indexBytes(),
                        later.scans() - first.scans(),
                        Math.max(0, later.rowsRead() - first.rowsRead()),
                        Math.max(0, later.diskReads() - first.diskReads()),
                        later.inserts() - first.inserts(),
                        later.updates() - first.updates(),
                        later.deletes() - first.deletes()),
                window.toMillis() / 1000.0);
    }

    /** What was counted over a time. */
    private record Rates(Counters counted, double seconds) {
        double of(double count) {
            return seconds > 0 ? count / seconds : 0;
        }

        /** Each update or delete finds its row by a scan of its own, as a rule. */
        double reads() {
            return of(Math.max(0, counted.scans() - counted.updates() - counted.deletes()));
        }

        double changes() {
            return of(counted.inserts() + counted.updates() + counted.deletes());
        }
    }
}
