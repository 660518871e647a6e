package io.tidetable.node.journal.local;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The frames a segment file consists of: {@code magic, body length, synced, CRC32C} as four
 * integers, then the body. The checksum also covers which file and offset the frame was written
 * for. {@code synced} says up to which offset the file was known to be synced when the frame was
 * written: a bad frame below it is damage, one above it may be the torn end of an interrupted
 * write.
 */
final class Frames {
    static final int HEADER = 16;
    static final int MAGIC = 0x54444A31;

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer place = ByteBuffer.allocate(24);

    /** Frames of one file. */
    Frames(long first, long last, int generation) {
        place.putLong(0, (first << 32) | last).putInt(8, generation);
    }

    /**
     * Fills in the header.
     *
     * @param frame header and body, from 0 to its limit
     * @param blob the rest of the body, or null
     */
    void finish(ByteBuffer frame, @Nullable ByteBuffer blob, int offset, int synced) {
        int body = frame.limit() - HEADER + (blob == null ? 0 : blob.remaining());
        frame.putInt(0, MAGIC).putInt(4, body).putInt(8, synced);
        begin(body, synced, offset);
        crc.update(frame.duplicate().position(HEADER));
        if (blob != null) {
            crc.update(blob.duplicate());
        }
        frame.putInt(12, (int) crc.getValue());
    }

    /** Length of the body of the frame at the offset, or -1 where none is. */
    int body(ByteBuffer file, int offset, int limit) {
        if (limit - offset < HEADER || file.getInt(offset) != MAGIC) {
            return -1;
        }
        int body = file.getInt(offset + 4);
        if (body < 0 || body > limit - offset - HEADER) {
            return -1;
        }
        begin(body, file.getInt(offset + 8), offset);
        crc.update(file.duplicate().limit(offset + HEADER + body).position(offset + HEADER));
        return (int) crc.getValue() == file.getInt(offset + 12) ? body : -1;
    }

    private void begin(int body, int synced, int offset) {
        crc.reset();
        place.putInt(12, body).putInt(16, synced).putInt(20, offset);
        crc.update(place.array(), 0, 24);
    }
}
