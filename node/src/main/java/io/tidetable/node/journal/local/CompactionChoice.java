package io.tidetable.node.journal.local;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides which sealed files are worth compacting into one: neighbours of which little is still
 * wanted, or many small ones.
 */
final class CompactionChoice {
    /** So many small neighbours are merged even if all in them is wanted. */
    private static final int MANY = 8;

    private final LocalJournalSettings settings;
    private final Tables tables;

    CompactionChoice(LocalJournalSettings settings, Tables tables) {
        this.settings = settings;
        this.tables = tables;
    }

    /** Files that follow each other, or none. */
    List<SegmentFile> choose(SegmentFiles files, long durable) {
        if (files.bytesOnDisk() < settings.compactionFloor().bytes()) {
            return List.of();
        }
        List<SegmentFile> all = files.all();
        long lastSealed = lastSpilled(all);
        List<SegmentFile> group = new ArrayList<>();
        long groupWanted = 0;
        long groupBytes = 0;
        for (SegmentFile file : all) {
            long wanted = isReady(file, lastSealed, durable) ? wanted(file) : Long.MAX_VALUE;
            boolean suits =
                    wanted < share(bytes(file)) || (isSmall(file) && wanted < segmentSize());
            if (!suits || groupWanted + wanted > segmentSize()) {
                if (isWorthwhile(group, groupWanted, groupBytes)) {
                    return group;
                }
                group.clear();
                groupWanted = 0;
                groupBytes = 0;
            }
            if (suits) {
                group.add(file);
                groupWanted += wanted;
                groupBytes += bytes(file);
            }
        }
        return isWorthwhile(group, groupWanted, groupBytes) ? group : List.of();
    }

    private static long lastSpilled(List<SegmentFile> all) {
        long last = 0;
        for (SegmentFile file : all) {
            SegmentIndex index = file.index();
            if (index == null || !index.isSpilled()) {
                break;
            }
            last = file.name().last();
        }
        return last;
    }

    private static boolean isReady(SegmentFile file, long lastSealed, long durable) {
        return !file.isPinned()
                && file.lastReferrer() <= lastSealed
                && file.holds()
                                .findAny((table, highest, bytes) ->
                                        Long.compareUnsigned(highest, durable) > 0)
                        < 0;
    }

    private boolean isWorthwhile(List<SegmentFile> group, long wanted, long bytes) {
        return wanted > 0 && (group.size() >= MANY || wanted < share(bytes));
    }

    private boolean isSmall(SegmentFile file) {
        return file.length() < share(segmentSize());
    }

    private double share(long bytes) {
        return settings.compactionShare() * bytes;
    }

    private long segmentSize() {
        return settings.segmentSize().bytes();
    }

    /** What the wanted part is compared with: what a compacted file kept counts as whole. */
    private static long bytes(SegmentFile file) {
        if (file.name().generation() == 0) {
            return file.length();
        }
        long[] sum = {0};
        file.holds().forEach((table, highest, bytes) -> sum[0] += bytes);
        return sum[0];
    }

    /** Bytes that somebody wants; not zero either where it is the commit alone. */
    private long wanted(SegmentFile file) {
        long[] sum = {0};
        file.holds()
                .forEach((table, highest, bytes) -> {
                    if (!tables.get(table).retention().isReleased(highest)) {
                        sum[0] += bytes;
                    }
                });
        return sum[0];
    }
}
