package io.tidetable.node.journal.local;

import io.tidetable.model.TableId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Copies what is still wanted of some neighbouring segment files into one new file. The records
 * keep their addresses, so that entries of later segments that point to them stay right.
 */
final class Compaction {
    private final Path directory;
    private final List<SegmentFile> group;
    private final SegmentFiles files;
    private final Tables tables;
    private final Shapes shapes;
    private final SegmentName name;
    private final Map<Integer, Long> released = new HashMap<>();
    private final Map<TableId, Long> dropped = new HashMap<>();
    private final Map<Integer, Block> blocks = new TreeMap<>();
    private final Map<Integer, Long> bytesThrough = new HashMap<>();
    private final Map<Integer, Long> bytesKept = new HashMap<>();
    private final LongMap commits = new LongMap();
    private final Holds holds = new Holds();
    private long[] ranges = new long[64];
    private int rangeCount;
    private long lastCommitEnd;

    /** A compaction of files that follow each other. */
    Compaction(
            Path directory,
            List<SegmentFile> group,
            SegmentFiles files,
            Tables tables,
            Shapes shapes) {
        this.directory = directory;
        this.group = group;
        this.files = files;
        this.tables = tables;
        this.shapes = shapes;
        int generation = 0;
        for (SegmentFile file : group) {
            generation = Math.max(generation, file.name().generation());
        }
        this.name =
                new SegmentName(
                        group.getFirst().name().first(),
                        group.getLast().name().last(),
                        generation + 1);
    }

    /** The highest commit of each table of which something was left out. */
    Map<TableId, Long> dropped() {
        return dropped;
    }

    /** Writes the new file; the old ones still stand. */
    SegmentFile write(Manifest manifest) throws IOException {
        findWanted();
        Path unfinished = directory.resolve("compaction.tmp");
        CompactWriter writer = new CompactWriter(name, unfinished, shapes, this::isWanted, commits);
        try {
            for (SegmentFile file : group) {
                writer.copy(file);
            }
            writer.finish();
        } finally {
            writer.close();
        }
        manifest.free(dropped, List.of());
        Files.move(unfinished, directory.resolve(name.file()), StandardCopyOption.ATOMIC_MOVE);
        SegmentChannel.syncDirectory(directory);
        SegmentFile compacted = SegmentFile.map(directory, name);
        compacted.length(writer.length());
        compacted.synced(writer.length());
        compacted.pieces(writer.pieces());
        for (SegmentFile file : group) {
            compacted.referredFrom(file.lastReferrer());
        }
        compacted.holds().addAll(holds);
        SegmentIndex index = new SegmentIndex(name.last(), List.copyOf(blocks.values()));
        compacted.seal(index, lastCommitEnd);
        index.spill(directory.resolve(name.indexFile()), tables);
        return compacted;
    }

    private void findWanted() {
        long lastReferrer = 0;
        for (SegmentFile file : group) {
            lastReferrer = Math.max(lastReferrer, file.lastReferrer());
            file.holds().forEach((table, highest, bytes) -> decide(table, highest));
        }
        measureBytes();
        for (SegmentFile file : files.all()) {
            if (file.name().last() < name.first() || file.name().first() > lastReferrer) {
                continue;
            }
            SegmentIndex index = file.index();
            if (index == null) {
                throw new IllegalStateException(file.path() + " refers back but is not sealed");
            }
            index.forEach(this::findWanted);
        }
        sortRanges();
    }

    /** What of a table is wanted is settled once, though lanes move on meanwhile. */
    private void decide(int table, long highest) {
        long upTo =
                released.computeIfAbsent(
                        table, each -> tables.get(each).retention().releasedByAll());
        if (Long.compareUnsigned(highest, upTo) <= 0) {
            drop(table, highest);
        }
    }

    private void drop(int table, long commitEnd) {
        dropped.merge(
                tables.get(table).id(),
                commitEnd,
                (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b);
    }

    private boolean isInGroup(long segment) {
        return segment >= name.first() && segment <= name.last();
    }

    /** So that the bytes before the kept commits come out right at the end of the group. */
    private void measureBytes() {
        for (SegmentFile file : group) {
            SegmentIndex index = file.index();
            if (index != null) {
                index.forEach(block -> {
                    EntryReader entry = new EntryReader();
                    entry.start(block);
                    long kept = 0;
                    while (entry.next()) {
                        if (!isReleased(block.table(), entry.commitEnd())) {
                            kept += entry.bytes();
                        }
                    }
                    bytesKept.merge(block.table(), kept, Long::sum);
                    bytesThrough.put(block.table(), entry.bytesBefore() + entry.bytes());
                });
            }
        }
    }

    private boolean isReleased(int table, long commitEnd) {
        Long upTo = released.get(table);
        return upTo != null && Long.compareUnsigned(commitEnd, upTo) <= 0;
    }

    private void findWanted(Block block) {
        int table = block.table();
        if (!released.containsKey(table)) {
            return;
        }
        boolean here = isInGroup(block.segment());
        EntryReader entry = new EntryReader();
        entry.start(block);
        while (entry.next()) {
            boolean wanted = !isReleased(table, entry.commitEnd());
            byte[] encoded = entry.ranges();
            boolean touches = here;
            long bytesHere = 0;
            RangeReader range = new RangeReader(encoded, block.segment());
            while (range.next()) {
                if (isInGroup(Address.segment(range.start()))) {
                    touches = true;
                    if (wanted) {
                        addRange(range.start(), range.stop());
                        bytesHere += range.stop() - range.start();
                    }
                }
            }
            if (!touches) {
                continue;
            }
            if (!wanted) {
                drop(table, entry.commitEnd());
                continue;
            }
            holds.add(table, entry.commitEnd(), bytesHere);
            if (here) {
                commits.put(entry.commitEnd(), 1);
                keep(block, entry, encoded);
            }
        }
    }

    private void keep(Block from, EntryReader entry, byte[] encoded) {
        int table = from.table();
        Block to =
                blocks.computeIfAbsent(
                        table,
                        each ->
                                new Block(
                                        each,
                                        name.last(),
                                        bytesThrough.getOrDefault(each, 0L)
                                                - bytesKept.getOrDefault(each, 0L)));
        GrowingBytes moved = new GrowingBytes(encoded.length + GrowingBytes.MAXIMUM_VARINT);
        RangeReader range = new RangeReader(encoded, from.segment());
        long previousStop = Address.of(name.last(), 0);
        while (range.next()) {
            RangeReader.write(moved, previousStop, range.start(), range.stop());
            previousStop = range.stop();
        }
        to.append(entry.commitEnd(), entry.xid(), entry.micros(), entry.bytes(), moved, 0);
        if (Long.compareUnsigned(entry.commitEnd(), lastCommitEnd) > 0) {
            lastCommitEnd = entry.commitEnd();
        }
    }

    private void addRange(long start, long stop) {
        if (rangeCount == ranges.length) {
            ranges = Arrays.copyOf(ranges, rangeCount * 2);
        }
        ranges[rangeCount++] = start;
        ranges[rangeCount++] = stop;
    }

    /** Makes the ranges ascending and separate. */
    private void sortRanges() {
        long[][] pairs = new long[rangeCount / 2][];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = new long[] {ranges[2 * i], ranges[2 * i + 1]};
        }
        Arrays.sort(pairs, (a, b) -> Long.compare(a[0], b[0]));
        rangeCount = 0;
        for (long[] pair : pairs) {
            if (rangeCount > 0 && pair[0] <= ranges[rangeCount - 1]) {
                ranges[rangeCount - 1] = Math.max(ranges[rangeCount - 1], pair[1]);
            } else {
                ranges[rangeCount++] = pair[0];
                ranges[rangeCount++] = pair[1];
            }
        }
    }

    /** Whether the change at the address belongs to a commit that somebody still wants. */
    private boolean isWanted(int table, long address) {
        Long upTo = released.get(table);
        if (upTo == null || upTo == TableRetention.NOBODY) {
            return false;
        }
        int found = Arrays.binarySearch(ranges, 0, rangeCount, address);
        // Inside a range, or at its start: the number of borders at or below is odd.
        int borders = found >= 0 ? found + 1 : -found - 1;
        return (borders & 1) == 1;
    }
}
