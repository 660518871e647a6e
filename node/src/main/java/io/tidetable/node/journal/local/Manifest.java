package io.tidetable.node.journal.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidetable.model.TableId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What must be known of a track beyond its segments: where it started, what was freed of each
 * table, and which segments are gone on purpose. Written and synced before the fact.
 */
final class Manifest {
    private static final int VERSION = 1;

    private final Path directory;
    private final Path path;
    private final Map<TableId, Long> freed = new HashMap<>();
    private final TreeMap<Long, Long> gone = new TreeMap<>();
    private long startedAt;

    Manifest(Path directory) {
        this.directory = directory;
        this.path = directory.resolve("manifest");
    }

    /** Reads it, if there is one. */
    synchronized void load() throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
        int body = bytes.limit() - Integer.BYTES;
        if (body < 1 || checksum(bytes.array(), body) != bytes.getInt(body)) {
            throw JournalFailure.damaged(path, 0, "its checksum is wrong");
        }
        VarintReader reader = new VarintReader(bytes, 0);
        int version = reader.integer();
        if (version != VERSION) {
            throw JournalFailure.damaged(path, 0, "it has the unknown layout " + version);
        }
        startedAt = reader.fixed();
        int intervals = reader.integer();
        for (int i = 0; i < intervals; i++) {
            gone.put(reader.varint(), reader.varint());
        }
        int tables = reader.integer();
        for (int i = 0; i < tables; i++) {
            TableId table =
                    new TableId(
                            new String(reader.counted(), UTF_8),
                            new String(reader.counted(), UTF_8));
            freed.put(table, reader.fixed());
        }
    }

    synchronized long startedAt() {
        return startedAt;
    }

    synchronized void startAt(long position) throws IOException {
        startedAt = position;
        store();
    }

    /** The highest freed commit of each table of which something was freed. */
    synchronized Map<TableId, Long> freed() {
        return Map.copyOf(freed);
    }

    synchronized boolean isGone(long segment) {
        Map.Entry<Long, Long> interval = gone.floorEntry(segment);
        return interval != null && interval.getValue() >= segment;
    }

    /** The highest segment that is gone, 0 for none. */
    synchronized long lastGone() {
        return gone.isEmpty() ? 0 : gone.lastEntry().getValue();
    }

    /** Writes down, synced, what is about to be freed. */
    synchronized void free(Map<TableId, Long> tables, Iterable<SegmentName> segments)
            throws IOException {
        tables.forEach((table, commitEnd) ->
                freed.merge(table, commitEnd, (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b));
        for (SegmentName name : segments) {
            addGone(name.first(), name.last());
        }
        store();
    }

    /** Writes down, synced, that of the tables everything up to there is missing, and no more. */
    synchronized void lack(Set<TableId> tables, long upTo) throws IOException {
        boolean changed = false;
        for (TableId table : tables) {
            long known = freed.getOrDefault(table, 0L);
            if (known == TableIndex.ALL || Long.compareUnsigned(known, upTo) < 0) {
                freed.put(table, upTo);
                changed |= known != upTo;
            }
        }
        if (changed) {
            store();
        }
    }

    private void addGone(long first, long last) {
        long from = first;
        long to = last;
        Map.Entry<Long, Long> before = gone.floorEntry(first);
        if (before != null && before.getValue() >= first - 1) {
            from = before.getKey();
            to = Math.max(to, before.getValue());
        }
        Map.Entry<Long, Long> after = gone.higherEntry(from);
        while (after != null && after.getKey() <= to + 1) {
            to = Math.max(to, after.getValue());
            gone.remove(after.getKey());
            after = gone.higherEntry(from);
        }
        gone.put(from, to);
    }

    private void store() throws IOException {
        GrowingBytes bytes = new GrowingBytes(1 << 10);
        bytes.varint(VERSION);
        bytes.fixed(startedAt);
        bytes.varint(gone.size());
        gone.forEach((first, last) -> {
            bytes.varint(first);
            bytes.varint(last);
        });
        bytes.varint(freed.size());
        freed.forEach((table, commitEnd) -> {
            bytes.counted(table.namespace().getBytes(UTF_8));
            bytes.counted(table.name().getBytes(UTF_8));
            bytes.fixed(commitEnd);
        });
        ByteBuffer file = ByteBuffer.allocate(bytes.length() + Integer.BYTES);
        file.put(bytes.array(), 0, bytes.length());
        file.putInt(checksum(bytes.array(), bytes.length())).flip();
        Path written = directory.resolve("manifest.tmp");
        SegmentChannel channel = SegmentChannel.create(written, 0);
        int length = file.limit();
        channel.write(file, 0);
        channel.seal(length);
        Files.move(written, path, StandardCopyOption.ATOMIC_MOVE);
        SegmentChannel.syncDirectory(directory);
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
