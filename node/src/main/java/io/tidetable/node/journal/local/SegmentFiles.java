package io.tidetable.node.journal.local;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of one track in log order; the last one is being written. */
final class SegmentFiles {
    private volatile List<SegmentFile> files = List.of();

    /** What there is now; later changes are not seen in it. */
    List<SegmentFile> all() {
        return files;
    }

    synchronized void add(SegmentFile file) {
        List<SegmentFile> changed = new ArrayList<>(files);
        changed.add(file);
        files = List.copyOf(changed);
    }

    /** Takes files out, and another one in where they were. */
    synchronized void replace(Collection<SegmentFile> gone, @Nullable SegmentFile by) {
        List<SegmentFile> changed = new ArrayList<>(files);
        changed.removeAll(gone);
        if (by != null) {
            changed.add(by);
            changed.sort(Comparator.comparing(SegmentFile::name, SegmentName.IN_LOG_ORDER));
        }
        files = List.copyOf(changed);
    }

    /** The file that holds the segment, or null if it is gone. */
    @Nullable SegmentFile find(long segment) {
        List<SegmentFile> all = files;
        int at = firstEndingAtOrAfter(all, segment);
        return at < all.size() && all.get(at).name().first() <= segment ? all.get(at) : null;
    }

    /** Index in the list of the first file that ends at the segment or behind it. */
    static int firstEndingAtOrAfter(List<SegmentFile> files, long segment) {
        int low = 0;
        int high = files.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (files.get(middle).name().last() < segment) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    long bytesOnDisk() {
        long bytes = 0;
        for (SegmentFile file : files) {
            bytes += file.bytesOnDisk();
        }
        return bytes;
    }
}
