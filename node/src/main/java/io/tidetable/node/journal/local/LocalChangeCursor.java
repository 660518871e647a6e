package io.tidetable.node.journal.local;

import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads one transaction's changes from the log, in pieces of bounded size that are copied out of
 * the files, so that a payload stays what it was for as long as anybody holds it.
 */
final class LocalChangeCursor implements ChangeCursor {
    private static final int CHUNK = 64 << 10;

    private final LocalPart part;
    private final @Nullable TableIndex only;
    private final PriorityQueue<RangeReader> ranges;

    /** Addresses still to be read of the current range. */
    private long at;

    private long stop;

    /** The current stretch: contiguous in one file. */
    private @Nullable SegmentFile file;

    private int stretchAt;
    private int stretchStop;

    private ByteBuffer chunk = ByteBuffer.allocate(0);
    private final VarintReader reader = new VarintReader(chunk, 0);
    private int position;

    private ChangeKind kind = ChangeKind.INSERT;
    private @Nullable KnownShape shape;
    private int payloadAt;
    private int payloadLength;

    LocalChangeCursor(LocalPart part) {
        this.part = part;
        this.only = part.tables().size() == 1 ? part.sources().getFirst().table() : null;
        this.ranges =
                new PriorityQueue<>(
                        part.sources().size(), Comparator.comparingLong(RangeReader::start));
        for (LocalPart.Source source : part.sources()) {
            RangeReader range = source.reader();
            if (range.next()) {
                ranges.add(range);
            }
        }
    }

    @Override
    public boolean next() {
        while (true) {
            if (position < chunk.limit()) {
                if (read() && wanted()) {
                    return true;
                }
            } else if (stretchAt < stretchStop) {
                load(CHUNK);
            } else if (at < stop) {
                findStretch();
            } else if (!nextRange()) {
                shape = null;
                return false;
            }
        }
    }

    @Override
    public ChangeKind kind() {
        known();
        return kind;
    }

    @Override
    public TableShape shape() {
        return known().shape();
    }

    @Override
    public ByteBuffer payload() {
        known();
        return chunk.slice(payloadAt, payloadLength);
    }

    private KnownShape known() {
        KnownShape here = shape;
        if (here == null) {
            throw new IllegalStateException("the cursor is not at a change");
        }
        return here;
    }

    private boolean wanted() {
        TableIndex table = known().table();
        return only == null ? part.tables().contains(table) : table == only;
    }

    /** Takes the next range, without what overlapping ones already showed. */
    private boolean nextRange() {
        RangeReader first = ranges.poll();
        if (first == null) {
            return false;
        }
        at = Math.max(stop, first.start());
        stop = Math.max(stop, first.stop());
        if (first.next()) {
            ranges.add(first);
        }
        return true;
    }

    /** Finds the file and place of what is still to be read of the range. */
    private void findStretch() {
        SegmentFile found = part.journal().files().find(Address.segment(at));
        requireNotFreed();
        if (found == null) {
            throw new IllegalStateException(
                    "segment %d is not there".formatted(Address.segment(at)));
        }
        file = found;
        Pieces pieces = found.pieces();
        if (pieces == null) {
            stretchAt = Address.offset(at);
            stretchStop = Address.offset(stop);
            at = stop;
            return;
        }
        int piece = pieces.atOrBehind(at);
        if (piece == pieces.count() || pieces.address(piece) >= stop) {
            at = stop;
            return;
        }
        long from = Math.max(at, pieces.address(piece));
        long to = Math.min(stop, pieces.address(piece) + pieces.length(piece));
        stretchAt = pieces.offset(piece) + (int) (from - pieces.address(piece));
        stretchStop = stretchAt + (int) (to - from);
        at = to;
    }

    /** Copies the next part of the stretch, at least the given size if there is as much. */
    private void load(int size) {
        SegmentFile from = file;
        if (from == null) {
            throw new IllegalStateException("the cursor is at no file");
        }
        int count = Math.min(Math.max(CHUNK, size), stretchStop - stretchAt);
        byte[] copy;
        try {
            copy = from.read(stretchAt, count);
        } catch (IllegalStateException e) {
            // Deleted or compacted meanwhile: the rest of the stretch is elsewhere, or was freed.
            part.journal().requireOpen();
            int left = stretchStop - stretchAt;
            Pieces pieces = from.pieces();
            at = pieces == null ? stop - left : addressOf(pieces, stretchAt);
            stretchAt = stretchStop;
            chunk = ByteBuffer.allocate(0);
            position = 0;
            return;
        }
        part.journal().requireIntact(part.position().commitEnd());
        chunk = ByteBuffer.wrap(copy).asReadOnlyBuffer();
        position = 0;
        stretchAt += count;
    }

    private static long addressOf(Pieces pieces, int offset) {
        for (int i = 0; i < pieces.count(); i++) {
            if (offset >= pieces.offset(i) && offset < pieces.offset(i) + pieces.length(i)) {
                return pieces.address(i) + (offset - pieces.offset(i));
            }
        }
        throw new IllegalStateException("no record stands at " + offset);
    }

    /** Reads the record at the position; false when it is no change, or not wholly here yet. */
    private boolean read() {
        int longestHead = 1 + 2 * GrowingBytes.MAXIMUM_VARINT;
        int left = chunk.limit() - position;
        if (left < longestHead && stretchAt < stretchStop) {
            reload(left, longestHead);
            return false;
        }
        reader.reset(chunk, position);
        byte type = reader.one();
        int number = reader.integer();
        int length = reader.integer();
        int end = reader.position() + length;
        if (end > chunk.limit()) {
            reload(left, end - position);
            return false;
        }
        payloadAt = reader.position();
        payloadLength = length;
        position = end;
        if (!Records.isChange(type)) {
            requireShape(type);
            return false;
        }
        kind = Records.kind(type);
        KnownShape before = shape;
        shape =
                before != null && before.number() == number
                        ? before
                        : part.journal().shapes().get(number);
        return true;
    }

    /** Between the changes of a transaction stand shapes at the most. */
    private void requireShape(byte type) {
        SegmentFile from = file;
        if (type != Records.SHAPE && from != null) {
            throw JournalFailure.damaged(
                    from.path(),
                    stretchAt - (chunk.limit() - position),
                    "no change stands where the index has one");
        }
    }

    /** Copies again from the record at the position on. */
    private void reload(int left, int size) {
        if (stretchAt == stretchStop) {
            throw new IllegalStateException(
                    "a change of transaction %s is cut off".formatted(part.position()));
        }
        stretchAt -= left;
        position = chunk.limit();
        load(size);
    }

    private void requireNotFreed() {
        for (LocalPart.Source source : part.sources()) {
            TableIndex table = source.table();
            long commitEnd = part.position().commitEnd().value();
            if (Long.compareUnsigned(table.freed(), commitEnd) >= 0) {
                throw TableCursor.gap(table, part.position().commitEnd());
            }
        }
    }
}
