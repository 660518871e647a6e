package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import java.time.Instant;

/**
 * One of Tidetable's own transactional messages in the change stream: a heartbeat or a marker.
 *
 * @param commitEnd end of its transaction's commit record: an exact cut on every track
 * @param committedAt by the source's clock
 * @param content what was written, for example {@code heartbeat 3f-17}
 */
public record LogicalMessage(Lsn commitEnd, Instant committedAt, String content) {
    /** The prefix by which they are told from other programs' messages. */
    public static final String PREFIX = "tidetable";
}
