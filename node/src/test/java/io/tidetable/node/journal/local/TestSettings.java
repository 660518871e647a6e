package io.tidetable.node.journal.local;

import io.tidetable.model.ByteSize;
import java.time.Duration;

/** Settings that make things happen soon. */
final class TestSettings {
    private TestSettings() {}

    static LocalJournalSettings withSegments(int bytes) {
        return new LocalJournalSettings(
                new ByteSize(bytes),
                ByteSize.megabytes(1024),
                ByteSize.megabytes(1024),
                new ByteSize(0),
                new ByteSize(0),
                0.25,
                Duration.ofMillis(1),
                Duration.ZERO);
    }
}
