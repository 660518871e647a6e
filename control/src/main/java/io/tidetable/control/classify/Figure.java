package io.tidetable.control.classify;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What is measured of a table, by the names that rules use; every figure is a number. */
public enum Figure {
    ROWS("rows, as the source estimates them"),
    BYTES("bytes of the table with its indexes, as of the last vacuum or analyze"),
    INDEX_BYTES("bytes of its indexes, as of the last vacuum or analyze"),
    PARTITIONS("partitions that hold its rows; 0 for a table without"),
    READS_PER_SECOND("scans at the source that did not look for rows to change"),
    ROWS_READ_PER_SECOND("rows those scans returned"),
    DISK_READS_PER_SECOND("blocks of it that the source did not find in its memory"),
    INSERTS_PER_SECOND("rows inserted at the source"),
    UPDATES_PER_SECOND("rows updated at the source"),
    DELETES_PER_SECOND("rows deleted at the source"),
    CHANGES_PER_SECOND("rows inserted, updated or deleted at the source"),
    OBSERVED_SECONDS("time over which the figures per second were measured"),
    READS_PER_SECOND_SINCE_RESET("as reads_per_second, since the source's statistics were reset"),
    CHANGES_PER_SECOND_SINCE_RESET(
            "as changes_per_second, since the source's statistics were reset"),
    SECONDS_SINCE_RESET("time since the source's statistics were reset"),
    HOURLY_READS_PER_SECOND("as reads_per_second, over the last hour"),
    HOURLY_DESTINATION_READS_PER_SECOND("as destination_reads_per_second, over the last hour"),
    HOURLY_SECONDS(
            "time over which the hourly figures were measured: a little over an hour, or since the"
                    + " statistics were reset"),
    DESTINATION_READS_PER_SECOND("scans at the destination that did not look for rows to change"),
    DESTINATION_ROWS_READ_PER_SECOND("rows those scans returned");

    private final String meaning;

    Figure(String meaning) {
        this.meaning = meaning;
    }

    /** The name in rules: {@code reads_per_second}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What it counts. */
    public String meaning() {
        return meaning;
    }

    /** Whether it is a rate, which is never measured exactly. */
    public boolean isRate() {
        return label().contains("per_second");
    }

    /** All names. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Figure::label).toList();
    }
}
