package io.tidetable.node.journal.local;

import static io.tidetable.node.journal.JournalFixture.CLICKS;
import static io.tidetable.node.journal.JournalFixture.ORDERS;
import static io.tidetable.node.journal.JournalFixture.insert;
import static io.tidetable.node.journal.JournalFixture.lsn;
import static io.tidetable.node.journal.JournalFixture.readAll;
import static io.tidetable.node.journal.JournalFixture.stream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the journal makes of files as a crash, or a bad disk, leaves them. */
@Tag("slow")
class LocalJournalRecoveryTest {
    @TempDir private Path directory;
    private Path live;

    @BeforeEach
    void name() {
        live = directory.resolve("live");
    }

    private static LocalJournal open(Path directory, int segments) {
        return LocalJournal.open(directory, TestSettings.withSegments(segments), Faults.NONE);
    }

    private static void flushed(TrackJournal track, long position) {
        track.writer().flush();
        await().pollInterval(java.time.Duration.ofMillis(2))
                .until(() -> track.durableEnd().isAtOrAfter(lsn(position)));
    }

    /**
     * The files of the bulk track as they are while the journal is open: as a crash leaves them.
     */
    private Path crashed(String name) throws IOException {
        Path copy = directory.resolve(name);
        Files.createDirectories(copy.resolve("bulk"));
        try (Stream<Path> files = Files.list(live.resolve("bulk"))) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve("bulk").resolve(file.getFileName().toString()));
            }
        }
        return copy;
    }

    private static Path lastSegment(Path journal) throws IOException {
        return segments(journal).getLast();
    }

    private static List<Path> segments(Path journal) throws IOException {
        try (Stream<Path> files = Files.list(journal.resolve("bulk"))) {
            return files.filter(file -> file.toString().endsWith(".segment")).sorted().toList();
        }
    }

    /** Cuts the file, or fills it with zeros from there to its end. */
    private static void tear(Path file, long offset, boolean zeros) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long size = channel.size();
            channel.truncate(offset);
            if (zeros && offset < size) {
                channel.write(ByteBuffer.allocate(1), size - 1);
            }
        }
    }

    private static void flip(Path file, long offset) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, offset);
            one.put(0, (byte) (one.get(0) ^ 0x10)).flip();
            channel.write(one, offset);
        }
    }

    private static List<String> orders(LocalJournal journal) {
        return readAll(journal.track(Track.BULK).feed(Set.of(ORDERS)));
    }

    /** Three transactions in frames of their own; returns the ends of the frames. */
    private List<Integer> writeThree(LocalJournal journal) {
        LocalTrackJournal track = (LocalTrackJournal) journal.track(Track.BULK);
        TrackWriter writer = track.writer();
        writer.connected();
        List<Integer> ends = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            insert(writer, i, 10L * i, ORDERS, "row " + i, "more");
            flushed(track, 10L * i);
            ends.add(track.files().all().getLast().length());
        }
        return ends;
    }

    @Test
    void aFileTornAtAnyByteOfItsLastFramesKeepsAllWholeTransactionsAndGoesOn() throws IOException {
        List<Integer> ends;
        Path crashed;
        try (LocalJournal journal = open(live, 64 << 10)) {
            ends = writeThree(journal);
            crashed = crashed("crashed");
        }
        byte[] whole = Files.readAllBytes(lastSegment(crashed));
        Path file = lastSegment(crashed);
        for (int offset = ends.get(0); offset <= ends.get(2); offset++) {
            for (boolean zeros : new boolean[] {false, true}) {
                for (Path each : segments(crashed)) {
                    Files.delete(each);
                }
                Files.write(file, whole);
                tear(file, offset, zeros);
                long kept = wholeFrames(whole, Files.readAllBytes(file), ends);

                try (LocalJournal journal = open(crashed, 64 << 10)) {
                    TrackJournal track = journal.track(Track.BULK);
                    assertThat(track.durableEnd())
                            .as("torn at %d", offset)
                            .isEqualTo(lsn(10L * kept));
                    assertThat(orders(journal)).hasSize((int) kept);
                    track.writer().connected();
                    for (long i = kept + 1; i <= 4; i++) {
                        insert(track.writer(), i, 10L * i, ORDERS, "row " + i, "more");
                    }
                    flushed(track, 40);
                    assertThat(orders(journal))
                            .containsExactly(
                                    "10/1 orders+row 1 orders+more",
                                    "20/2 orders+row 2 orders+more",
                                    "30/3 orders+row 3 orders+more",
                                    "40/4 orders+row 4 orders+more");
                }
            }
        }
    }

    /** A cut may leave a frame as it was, where zeros follow and it ends with a zero. */
    private static long wholeFrames(byte[] whole, byte[] torn, List<Integer> ends) {
        return ends.stream()
                .filter(end -> end <= torn.length)
                .filter(end -> Arrays.equals(whole, 0, end, torn, 0, end))
                .count();
    }

    @Test
    void aFlippedBitInWhatWasSyncedIsSaidAndNeverReadOver() throws IOException {
        List<Integer> ends;
        try (LocalJournal journal = open(live, 64 << 10)) {
            ends = writeThree(journal);
        }
        Path file = lastSegment(live);
        for (int offset = 0; offset < ends.get(2); offset++) {
            int damagedAt = offset;
            flip(file, offset);
            assertThatThrownBy(() -> open(live, 64 << 10).close())
                    .as("flipped at %d", damagedAt)
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("is damaged at byte")
                    .extracting(e -> ((TidetableException) e).code())
                    .isEqualTo("TT-304");
            flip(file, offset);
        }
        try (LocalJournal journal = open(live, 64 << 10)) {
            assertThat(orders(journal)).hasSize(3);
        }
    }

    @Test
    void aFlippedBitInTheLastFrameOfACrashedJournalIsTakenForItsTornEnd() throws IOException {
        List<Integer> ends;
        Path crashed;
        try (LocalJournal journal = open(live, 64 << 10)) {
            ends = writeThree(journal);
            crashed = crashed("crashed");
        }
        flip(lastSegment(crashed), ends.get(2) - 3);

        try (LocalJournal journal = open(crashed, 64 << 10)) {
            assertThat(journal.track(Track.BULK).durableEnd()).isEqualTo(lsn(20));
        }
    }

    @Test
    void aDamagedOrMissingOrShortenedSegmentInTheMiddleIsSaid() throws IOException {
        Path crashed;
        try (LocalJournal journal = open(live, 8 << 10)) {
            TrackJournal track = journal.track(Track.BULK);
            for (int i = 1; i <= 100; i++) {
                insert(track.writer(), i, i, ORDERS, "x".repeat(500));
            }
            flushed(track, 100);
            crashed = crashed("crashed");
        }
        Path middle = segments(crashed).get(2);
        byte[] whole = Files.readAllBytes(middle);

        flip(middle, 4000);
        assertDamaged(crashed, middle);
        Files.write(middle, whole);
        tear(middle, whole.length - 1, false);
        assertDamaged(crashed, middle);
        Files.delete(middle);
        assertDamaged(crashed, middle);
        Files.write(middle, whole);
        try (LocalJournal journal = open(crashed, 8 << 10)) {
            assertThat(orders(journal)).hasSize(100);
        }
    }

    private static void assertDamaged(Path journal, Path file) {
        assertThatThrownBy(() -> open(journal, 8 << 10).close())
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining(file.getFileName().toString());
    }

    @Test
    void aTransactionWhoseCommitWasTornAwayIsTakenOnceWhenItComesAgain() throws IOException {
        Path crashed;
        int before;
        try (LocalJournal journal = open(live, 8 << 10)) {
            LocalTrackJournal track = (LocalTrackJournal) journal.track(Track.BULK);
            TrackWriter writer = track.writer();
            writer.connected();
            stream(writer, 700, 700, ORDERS, "1");
            for (int i = 1; i <= 30; i++) {
                insert(writer, i, i, CLICKS, "x".repeat(500));
            }
            stream(writer, 700, 701, ORDERS, "2");
            flushed(track, 30);
            before = track.files().all().getLast().length();
            writer.streamCommit(700, lsn(40), java.time.Instant.EPOCH);
            flushed(track, 40);
            crashed = crashed("crashed");
        }
        tear(lastSegment(crashed), before + 7, true);

        try (LocalJournal journal = open(crashed, 8 << 10)) {
            TrackJournal track = journal.track(Track.BULK);
            assertThat(track.durableEnd()).isEqualTo(lsn(30));
            assertThat(orders(journal)).isEmpty();
            track.writer().connected();
            stream(track.writer(), 700, 700, ORDERS, "1");
            stream(track.writer(), 700, 701, ORDERS, "2");
            track.writer().streamCommit(700, lsn(40), java.time.Instant.EPOCH);
            flushed(track, 40);
            assertThat(orders(journal)).containsExactly("40/700 orders+1 orders+2");
        }
        try (LocalJournal journal = open(crashed, 8 << 10)) {
            assertThat(orders(journal)).containsExactly("40/700 orders+1 orders+2");
        }
    }

    @Test
    void aSecondProcessIsToldWhoHasTheJournal() {
        try (LocalJournal journal = open(live, 64 << 10)) {
            assertThat(journal.bytesOnDisk()).isPositive();
            assertThatThrownBy(() -> open(live, 64 << 10).close())
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining(
                            "is in use by another process (pid " + ProcessHandle.current().pid());
        }
        open(live, 64 << 10).close();
    }

    @Test
    void anIdleTrackWhosePositionKeepsMovingDoesNotFillTheDisk() {
        LocalJournalSettings defaults = LocalJournalSettings.defaults();
        try (LocalJournal journal = LocalJournal.open(live, defaults, Faults.NONE)) {
            TrackJournal track = journal.track(Track.BULK);
            long before = journal.bytesOnDisk();
            for (int i = 1; i <= 20_000; i++) {
                track.writer().passed(lsn(i));
                track.writer().flush();
            }
            await().until(() -> track.feed(Set.of(ORDERS)).watermark().equals(lsn(20_000)));
            assertThat(track.durableEnd()).isLessThanOrEqualTo(lsn(20_000));
            assertThat(journal.bytesOnDisk() - before).isLessThan(4_000);
        }
    }
}
