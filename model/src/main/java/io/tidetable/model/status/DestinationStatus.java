package io.tidetable.model.status;

import io.tidetable.model.DestinationId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One destination and its tables, in the order of their names.
 *
 * @param busySlots appliers at work now
 * @param slots appliers there are
 * @param message what an operator should know; null when all is well
 */
public record DestinationStatus(
        DestinationId id,
        boolean connected,
        int busySlots,
        int slots,
        List<TableStatus> tables,
        @Nullable String message) {
    public DestinationStatus {
        tables = List.copyOf(tables);
    }
}
