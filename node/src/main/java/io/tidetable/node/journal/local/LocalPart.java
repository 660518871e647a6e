package io.tidetable.node.journal.local;

import io.tidetable.model.Position;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TransactionPart;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * One transaction as one feed sees it.
 *
 * @param tables all tables of the feed
 * @param sources those the transaction changed
 */
record LocalPart(
        LocalTrackJournal journal,
        Set<TableIndex> tables,
        List<Source> sources,
        Position position,
        Instant committedAt,
        long bytes)
        implements TransactionPart {
    /**
     * Where the changes of one table lie.
     *
     * @param ranges as {@link RangeReader} reads them
     * @param segment of the block they were listed in
     */
    @SuppressWarnings("ArrayRecordComponent") // never shown, never changed
    record Source(TableIndex table, byte[] ranges, long segment) {
        RangeReader reader() {
            return new RangeReader(ranges, segment);
        }
    }

    @Override
    public ChangeCursor changes() {
        return new LocalChangeCursor(this);
    }
}
