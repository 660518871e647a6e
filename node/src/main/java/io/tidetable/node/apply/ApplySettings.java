package io.tidetable.node.apply;

import io.tidetable.model.ByteSize;
import java.time.Duration;

/**
 * How an applier works.
 *
 * @param synchronousCommit whether a commit waits for the destination's disk; without it the
 *     journal must be kept up to what the destination has flushed
 * @param foldRows most rows folded together before they are written
 * @param foldBytes most bytes of changes folded together before they are written
 * @param stagedFrom rows of one kind from which they are sent by COPY to a staging table instead of
 *     one by one; inserts that need no staging table from a quarter of it
 * @param truncateLockTimeout how long a TRUNCATE waits for its lock before it becomes a DELETE
 * @param missingColumns what to do with columns that the destination does not have
 * @param quarantineLimit most changes one batch may put into quarantine; beyond it the table fails
 */
public record ApplySettings(
        boolean synchronousCommit,
        int foldRows,
        ByteSize foldBytes,
        int stagedFrom,
        Duration truncateLockTimeout,
        MissingColumns missingColumns,
        int quarantineLimit) {
    /** What production uses where nothing else is said. */
    public static final ApplySettings DEFAULT =
            new ApplySettings(
                    false,
                    200_000,
                    ByteSize.megabytes(64),
                    100,
                    Duration.ofMillis(500),
                    MissingColumns.REFUSE,
                    1000);

    public ApplySettings {
        if (foldRows < 1 || stagedFrom < 1 || quarantineLimit < 0) {
            throw new IllegalArgumentException(
                    "foldRows and stagedFrom take 1 or more, quarantineLimit 0 or more");
        }
        if (truncateLockTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("truncateLockTimeout takes at least 1 ms");
        }
    }

    /** The same with another bound of what is folded at once. */
    public ApplySettings withFoldBytes(ByteSize bytes) {
        return new ApplySettings(
                synchronousCommit,
                foldRows,
                bytes,
                stagedFrom,
                truncateLockTimeout,
                missingColumns,
                quarantineLimit);
    }

    /** The same with another policy for missing columns. */
    public ApplySettings with(MissingColumns policy) {
        return new ApplySettings(
                synchronousCommit,
                foldRows,
                foldBytes,
                stagedFrom,
                truncateLockTimeout,
                policy,
                quarantineLimit);
    }

    /** What to do with columns in the stream that the destination's table does not have. */
    public enum MissingColumns {
        /** The table fails until the column is there. */
        REFUSE,
        /** Their values are left out. */
        IGNORE
    }
}
