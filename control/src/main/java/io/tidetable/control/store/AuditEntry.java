package io.tidetable.control.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change that somebody or something made.
 *
 * @param number counts entries; 0 while it is not written
 * @param action what was done: {@code override set}
 * @param subject to what: a table's name, {@code rules}, a token's name
 * @param before JSON; null when there was nothing
 * @param after JSON; null when there is nothing any more
 */
public record AuditEntry(
        long number,
        Instant at,
        String author,
        String action,
        String subject,
        @Nullable String reason,
        @Nullable String before,
        @Nullable String after) {}
