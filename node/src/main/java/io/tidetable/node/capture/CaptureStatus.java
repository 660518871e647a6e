package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a track's capture stands.
 *
 * @param received newest position heard of
 * @param acknowledged what the slot was told to be durable
 * @param lastMessage when the last message came, by our clock; null before the first
 * @param reconnects connections made after the first
 * @param changes row changes and truncates read
 * @param bytes of messages read
 * @param message what an operator should know; null when all is well
 */
public record CaptureStatus(
        CaptureState state,
        Lsn received,
        Lsn acknowledged,
        @Nullable Instant lastMessage,
        long reconnects,
        long changes,
        long bytes,
        @Nullable String message) {}
