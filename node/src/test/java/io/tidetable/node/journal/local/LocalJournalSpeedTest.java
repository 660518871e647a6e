package io.tidetable.node.journal.local;

import static io.tidetable.node.journal.JournalFixture.committedAt;
import static io.tidetable.node.journal.JournalFixture.lsn;
import static io.tidetable.node.journal.JournalFixture.shape;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How fast the journal is, and how little memory it needs for much. */
@Tag("wide")
class LocalJournalSpeedTest {
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final int ROW = 170;

    @TempDir private Path directory;

    @Test
    void changesAreWrittenAndReadFasterThanASourceDecodesThem() {
        for (int round = 0; round < 3; round++) {
            measure("4 changes a transaction", 2_000_000, 4, 4, round);
            measure("1000 changes a transaction", 4_000_000, 1000, 4, round);
            measure("1 change a transaction, 1000 tables", 1_000_000, 1, 1000, round);
        }
    }

    private void measure(String what, int changes, int perTransaction, int tableCount, int round) {
        List<TableId> tables = tables(tableCount);
        try (LocalJournal journal =
                LocalJournal.open(
                        directory.resolve(what + round),
                        LocalJournalSettings.defaults(),
                        Faults.NONE)) {
            tables.forEach(table -> journal.subscribe(REPORTING, table));
            journal.subscriptionsComplete();
            TrackJournal track = journal.track(Track.BULK);
            TrackWriter writer = track.writer();
            writer.connected();
            int[] shapes = tables.stream().mapToInt(table -> writer.shape(shape(table))).toArray();
            ByteBuffer row = ByteBuffer.allocateDirect(ROW);
            long begin = System.nanoTime();
            double cpu = cpuSeconds();
            long xid = 1;
            for (int i = 0; i < changes; ) {
                writer.begin(xid);
                for (int j = 0; j < perTransaction; j++, i++) {
                    writer.change(ChangeKind.INSERT, shapes[i % tableCount], row);
                }
                writer.commit(lsn(i), committedAt(i));
                xid++;
                if (i % 1000 < perTransaction) {
                    writer.flush();
                }
            }
            writer.flush();
            await().until(() -> track.durableEnd().equals(lsn(changes)));
            double written = seconds(begin);
            double writtenCpu = cpuSeconds() - cpu;
            cpu = cpuSeconds();
            begin = System.nanoTime();
            long read = 0;
            for (TableId table : tables) {
                TransactionFeed feed = track.feed(Set.of(table));
                for (TransactionPart part = feed.peek(); part != null; part = feed.peek()) {
                    ChangeCursor cursor = part.changes();
                    while (cursor.next()) {
                        read += cursor.payload().remaining() / ROW;
                    }
                    feed.advance();
                }
            }
            double readSeconds = seconds(begin);
            double readCpu = cpuSeconds() - cpu;
            cpu = cpuSeconds();
            begin = System.nanoTime();
            long merged = 0;
            TransactionFeed feed = track.feed(Set.copyOf(tables));
            for (TransactionPart part = feed.peek(); part != null; part = feed.peek()) {
                ChangeCursor cursor = part.changes();
                while (cursor.next()) {
                    merged++;
                }
                feed.advance();
            }
            double mergedSeconds = seconds(begin);
            System.out.printf(
                    "%s: written and synced %.0f k/s (%.0f by its thread's CPU time), read per table %.0f k/s (%.0f), merged %.0f k/s (%.0f), %d MB%n",
                    what,
                    changes / written / 1000,
                    changes / writtenCpu / 1000,
                    changes / readSeconds / 1000,
                    changes / readCpu / 1000,
                    changes / mergedSeconds / 1000,
                    changes / (cpuSeconds() - cpu) / 1000,
                    journal.bytesOnDisk() >> 20);
            assertThat(read).isEqualTo(changes);
            assertThat(merged).isEqualTo(changes);
        }
    }

    @Test
    void aLargeBacklogAndAGiantTransactionOverTenThousandTablesFitIntoLittleMemory() {
        List<TableId> tables = tables(10_000);
        int giant = 10_000_000;
        int small = 15_000_000;
        try (LocalJournal journal =
                LocalJournal.open(directory, LocalJournalSettings.defaults(), Faults.NONE)) {
            tables.forEach(table -> journal.subscribe(REPORTING, table));
            journal.subscriptionsComplete();
            TrackJournal track = journal.track(Track.BULK);
            TrackWriter writer = track.writer();
            writer.connected();
            int[] shapes = tables.stream().mapToInt(table -> writer.shape(shape(table))).toArray();
            List<TransactionFeed> feeds = new ArrayList<>();
            tables.forEach(table -> feeds.add(track.feed(Set.of(table))));
            ByteBuffer row = ByteBuffer.allocateDirect(ROW);
            long position = 0;
            for (int i = 0; i < giant; i++) {
                long subxid = i % 1000 == 0 ? 1_000_000 + i : 5;
                writer.streamedChange(5, subxid, ChangeKind.INSERT, shapes[i & 1], row);
                if (i % 1_000_000 == 1_000) {
                    writer.streamAbort(5, 1_000_000 + i - 1_000);
                }
                if (i % 1_000_000 == 0) {
                    memory("giant " + i);
                }
            }
            writer.streamCommit(5, lsn(++position), committedAt(position));
            writer.flush();
            memory("giant committed");
            for (int i = 0; i < small; i++) {
                writer.begin(100 + i);
                writer.change(ChangeKind.INSERT, shapes[(int) (i * 2654435761L % 10_000)], row);
                writer.commit(lsn(++position), committedAt(position));
                if (i % 1000 == 0) {
                    writer.flush();
                }
                if (i % 1_000_000 == 0) {
                    memory("small " + i);
                }
            }
            writer.flush();
            long end = position;
            await().until(() -> track.durableEnd().equals(lsn(end)));
            memory("written");
            long begin = System.nanoTime();
            long read = 0;
            for (TransactionFeed feed : feeds) {
                for (TransactionPart part = feed.peek(); part != null; part = feed.peek()) {
                    ChangeCursor cursor = part.changes();
                    while (cursor.next()) {
                        read++;
                    }
                    feed.advance();
                }
            }
            System.out.printf("read %d in %.1f s%n", read, seconds(begin));
            assertThat(read).isEqualTo((long) giant + small - 10);
            memory("read");
        }
        long begin = System.nanoTime();
        try (LocalJournal journal =
                LocalJournal.open(directory, LocalJournalSettings.defaults(), Faults.NONE)) {
            System.out.printf(
                    "opened %d MB in %.1f s%n", journal.bytesOnDisk() >> 20, seconds(begin));
            memory("opened");
        }
    }

    private static List<TableId> tables(int count) {
        return IntStream.range(0, count).mapToObj(i -> new TableId("public", "t" + i)).toList();
    }

    private static void memory(String when) {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        System.out.printf(
                "%s: %d MB of heap used%n",
                when, (runtime.totalMemory() - runtime.freeMemory()) >> 20);
    }

    private static double cpuSeconds() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
