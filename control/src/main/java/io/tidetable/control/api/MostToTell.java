package io.tidetable.control.api;

import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import java.util.Comparator;
import java.util.List;

/** Of thousands of tables, those that a person would want to see first. */
final class MostToTell {
    private static final Comparator<TableStatus> ORDER =
            Comparator.comparingInt((TableStatus table) -> rank(table.state()))
                    .thenComparing(Comparator.comparingLong(TableStatus::quarantined).reversed())
                    .thenComparing(Comparator.comparingLong(TableStatus::backlogBytes).reversed())
                    .thenComparing(
                            Comparator.comparingDouble(TableStatus::changesPerSecond).reversed())
                    .thenComparingInt(table -> table.track() == Track.EXPRESS ? 0 : 1)
                    .thenComparing(TableStatus::table);

    private MostToTell() {}

    /** At most so many, in the order they came in. */
    static List<TableStatus> of(List<TableStatus> tables, int most) {
        if (tables.size() <= most) {
            return tables;
        }
        return tables.stream()
                .sorted(ORDER)
                .limit(most)
                .sorted(Comparator.comparing(TableStatus::table))
                .toList();
    }

    private static int rank(TableState state) {
        return switch (state) {
            case FAILED -> 0;
            case PAUSED -> 1;
            case MERGING -> 2;
            case CATCHING_UP -> 3;
            case COPYING -> 4;
            case STREAMING -> 5;
            case WAITING -> 6;
        };
    }
}
