package io.tidetable.node.journal.local;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which segments a file holds: one as it was written, or several compacted into one.
 *
 * @param generation 0 as written, higher when compacted; of two files for the same segments the
 *     higher counts
 */
record SegmentName(long first, long last, int generation) {
    static final Comparator<SegmentName> IN_LOG_ORDER =
            Comparator.comparingLong(SegmentName::first);
    private static final Pattern FILE = Pattern.compile("(\\d{10})-(\\d{10})-(\\d{6})\\.segment");

    SegmentName {
        if (first < 1 || last < first || last > Integer.MAX_VALUE || generation < 0) {
            throw new IllegalArgumentException(
                    "no segments are %d to %d, generation %d".formatted(first, last, generation));
        }
    }

    static Optional<SegmentName> parse(String file) {
        Matcher matcher = FILE.matcher(file);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return Optional.of(
                new SegmentName(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        Integer.parseInt(matcher.group(3))));
    }

    String file() {
        return "%010d-%010d-%06d.segment".formatted(first, last, generation);
    }

    String indexFile() {
        return "%010d-%010d-%06d.index".formatted(first, last, generation);
    }

    boolean replaces(SegmentName other) {
        return generation > other.generation && first <= other.first && last >= other.last;
    }
}
