package io.tidetable.model.status;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A change that a destination refused, or one of the same row behind it.
 *
 * @param chain names the changes of the row; they are retried or given up together, in order
 * @param row the key under which the change addresses its row
 * @param kind for example {@code update}
 * @param position where its transaction ends in the source's log
 * @param sqlState why it was refused; null where it only follows one that was
 */
public record QuarantinedChange(
        long id,
        TableId table,
        String chain,
        String row,
        String kind,
        Lsn position,
        @Nullable String sqlState,
        String reason,
        Instant at) {}
