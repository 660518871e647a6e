package io.tidetable.node.journal.local;

import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.journal.JournalContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The local journal keeps the contract, with segments so small that everything spans several. */
class LocalJournalTest extends JournalContract {
    @TempDir private Path directory;

    @Override
    protected Journal open() {
        return LocalJournal.open(directory, TestSettings.withSegments(8 << 10), Faults.NONE);
    }
}
