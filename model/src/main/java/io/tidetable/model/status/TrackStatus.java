package io.tidetable.model.status;

import io.tidetable.model.Lsn;
import io.tidetable.model.Track;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One track: a slot of the source and its part of the journal.
 *
 * @param state short words for people: streaming, connecting, waiting for room, gap
 * @param received newest position received
 * @param acknowledged what the slot was told to be durable here
 * @param heldBackBytes WAL the source keeps for the slot; -1 while unknown
 * @param heartbeatDelay source commit to reception of the newest heartbeat; null before the first
 * @param gaveWay how long its reading has waited for the express track since the start
 * @param message what an operator should know; null when all is well
 */
public record TrackStatus(
        Track track,
        String state,
        Lsn received,
        Lsn acknowledged,
        long heldBackBytes,
        long journalBytes,
        @Nullable Duration heartbeatDelay,
        Duration gaveWay,
        @Nullable String message) {}
