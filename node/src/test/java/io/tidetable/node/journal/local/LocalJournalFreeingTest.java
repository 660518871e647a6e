package io.tidetable.node.journal.local;

import static io.tidetable.node.journal.JournalFixture.AUDIT_LOG;
import static io.tidetable.node.journal.JournalFixture.CLICKS;
import static io.tidetable.node.journal.JournalFixture.ORDERS;
import static io.tidetable.node.journal.JournalFixture.after;
import static io.tidetable.node.journal.JournalFixture.insert;
import static io.tidetable.node.journal.JournalFixture.lsn;
import static io.tidetable.node.journal.JournalFixture.readAll;
import static io.tidetable.node.journal.JournalFixture.show;
import static io.tidetable.node.journal.JournalFixture.stream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.ByteSize;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.JournalGapException;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TrackWriter.Room;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept, what is freed, and what readers are told about it. */
class LocalJournalFreeingTest {
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final DestinationId ARCHIVE = new DestinationId("archive");
    private static final int SEGMENT = 16 << 10;
    private static final String ROW = "r".repeat(200);

    @TempDir private Path directory;
    private LocalJournal journal;
    private TrackJournal track;
    private TrackWriter writer;

    @BeforeEach
    void openWithoutCompaction() {
        open(settings(ByteSize.megabytes(1024), ByteSize.megabytes(1024), new ByteSize(0)));
        writer.connected();
    }

    private static LocalJournalSettings settings(
            ByteSize bound, ByteSize compactionFloor, ByteSize reserve) {
        return new LocalJournalSettings(
                new ByteSize(SEGMENT),
                bound,
                bound,
                reserve,
                compactionFloor,
                0.25,
                Duration.ofMillis(1),
                Duration.ZERO);
    }

    private void open(LocalJournalSettings settings) {
        journal = LocalJournal.open(directory, settings, Faults.NONE);
        track = journal.track(Track.BULK);
        writer = track.writer();
    }

    private void reopen(LocalJournalSettings settings) {
        journal.close();
        open(settings);
        writer.connected();
    }

    private void reopenCompacting() {
        reopen(settings(ByteSize.megabytes(1024), new ByteSize(0), new ByteSize(0)));
    }

    @AfterEach
    void close() {
        journal.close();
    }

    private void subscribeAll() {
        for (TableId table : List.of(ORDERS, CLICKS, AUDIT_LOG)) {
            journal.subscribe(REPORTING, table);
        }
        journal.subscriptionsComplete();
    }

    /** A click each position, an order each 200 positions. */
    private void write(int from, int to) {
        for (int i = from; i <= to; i++) {
            insert(writer, i, i, i % 200 == 0 ? ORDERS : CLICKS, i + ROW);
        }
        flushed(to);
    }

    private void flushed(long position) {
        writer.flush();
        await().until(() -> track.durableEnd().isAtOrAfter(lsn(position)));
    }

    private long segments() {
        return journal.bytesOnDisk(Track.BULK) / SEGMENT;
    }

    private TransactionFeed feed(TableId... tables) {
        return track.feed(Set.of(tables));
    }

    private void seek(TableId table, long position) {
        feed(table).seek(after(position));
    }

    private void assertGap(TableId table, long position) {
        assertThatThrownBy(() -> seek(table, position))
                .isInstanceOf(JournalGapException.class)
                .hasMessageContaining(table.toString());
    }

    @Test
    void whatEverybodyReleasedIsFreedAndTheRestIsKept() {
        journal.subscribe(ARCHIVE, CLICKS);
        subscribeAll();
        write(1, 1000);
        long full = segments();

        journal.release(REPORTING, CLICKS, lsn(1000));
        journal.release(REPORTING, ORDERS, lsn(1000));
        journal.release(ARCHIVE, CLICKS, lsn(500));

        await().until(() -> segments() < full * 0.6);
        TransactionFeed clicks = feed(CLICKS);
        clicks.seek(after(500));
        assertThat(readAll(clicks)).hasSize(497);
        journal.release(ARCHIVE, CLICKS, lsn(1000));
        await().until(() -> segments() <= 1);
    }

    @Test
    void nothingIsFreedBeforeAllSubscriptionsAreRegistered() {
        journal.subscribe(REPORTING, CLICKS);
        journal.release(REPORTING, CLICKS, lsn(2000));
        write(1, 1000);
        write(1001, 1100);

        assertThat(segments()).isGreaterThan(10);
        assertThat(track.freedUpTo()).isEqualTo(lsn(0));
        assertThat(readAll(feed(ORDERS))).hasSize(5);

        journal.subscriptionsComplete();
        await().until(() -> segments() <= 1);
    }

    @Test
    void tablesNobodySubscribesToHoldNothing() {
        journal.subscribe(REPORTING, ORDERS);
        journal.subscriptionsComplete();
        write(1, 199);
        await().until(() -> segments() <= 1);

        journal.subscribe(REPORTING, CLICKS);
        for (Track each : Track.values()) {
            journal.unsubscribe(REPORTING, CLICKS, each);
        }
        insert(writer, 200, 200, ORDERS, "kept");
        for (int i = 201; i < 600; i++) {
            insert(writer, i, i, CLICKS, ROW);
        }
        flushed(599);

        await().until(() -> segments() <= 2);
        assertThat(readAll(feed(ORDERS))).containsExactly("200/200 orders+kept");
    }

    @Test
    void aGapIsFoundExactlyPerTableAlsoAfterReopening() {
        subscribeAll();
        insert(writer, 1, 1, AUDIT_LOG, "old");
        write(2, 1000);
        journal.release(REPORTING, CLICKS, lsn(1000));
        journal.release(REPORTING, ORDERS, lsn(200));
        journal.release(REPORTING, AUDIT_LOG, lsn(1));
        await().untilAsserted(() -> assertGap(ORDERS, 199));
        await().untilAsserted(() -> assertGap(AUDIT_LOG, 0));
        await().until(() -> track.freedUpTo().value() > 900);
        TransactionFeed stale = feed(CLICKS);

        for (int round = 0; round < 2; round++) {
            assertGap(CLICKS, 0);
            assertGap(CLICKS, 500);
            assertGap(ORDERS, 199);
            assertGap(AUDIT_LOG, 0);
            seek(AUDIT_LOG, 1);
            TransactionFeed orders = feed(ORDERS);
            orders.seek(after(200));
            assertThat(readAll(orders)).hasSize(4);
            seek(CLICKS, 1000);
            assertThat(track.freedUpTo().value()).isBetween(900L, 999L);
            reopen(settings(ByteSize.megabytes(1024), ByteSize.megabytes(1024), new ByteSize(0)));
            subscribeAll();
        }
        assertThatThrownBy(stale::peek).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aReaderThatIsOvertakenByFreeingIsToldInsteadOfSkippingOver() {
        subscribeAll();
        write(1, 300);
        TransactionFeed behind = feed(CLICKS);
        TransactionPart held = Objects.requireNonNull(behind.peek());
        TransactionFeed unread = feed(CLICKS);

        journal.release(REPORTING, CLICKS, lsn(300));
        journal.release(REPORTING, ORDERS, lsn(300));
        await().until(() -> segments() <= 1);

        assertThatThrownBy(() -> show(held)).isInstanceOf(JournalGapException.class);
        behind.advance();
        assertThatThrownBy(() -> readAll(behind)).isInstanceOf(JournalGapException.class);
        assertThatThrownBy(unread::peek).isInstanceOf(JournalGapException.class);
        assertThat(readAll(feed(CLICKS))).allMatch(part -> !part.startsWith("1/"));
    }

    @Test
    void payloadsInHandStayReadableWhenTheirFileIsDeleted() {
        subscribeAll();
        insert(writer, 1, 1, CLICKS, "in hand");
        write(2, 300);
        ChangeCursor changes = Objects.requireNonNull(feed(CLICKS).peek()).changes();
        changes.next();
        var payload = changes.payload();

        journal.release(REPORTING, CLICKS, lsn(300));
        journal.release(REPORTING, ORDERS, lsn(300));
        await().until(() -> segments() <= 1);

        assertThat(io.tidetable.node.journal.JournalFixture.text(payload)).isEqualTo("in hand");
    }

    @Test
    void chunksOfAnOpenTransactionAreKeptAndThoseOfAnAbortedOneAreNot() {
        subscribeAll();
        stream(writer, 5000, 5000, ORDERS, "first");
        stream(writer, 6000, 6000, ORDERS, "doomed");
        write(1, 199);
        stream(writer, 5000, 5001, ORDERS, "second");
        for (int i = 201; i < 400; i++) {
            insert(writer, i, i, CLICKS, ROW);
        }
        flushed(399);
        journal.release(REPORTING, CLICKS, lsn(399));
        await().until(() -> segments() <= 3);

        writer.streamCommit(5000, lsn(500), java.time.Instant.EPOCH);
        writer.streamAbort(6000, 6000);
        for (int i = 501; i < 600; i++) {
            insert(writer, i, i, CLICKS, ROW);
        }
        flushed(599);
        reopen(settings(ByteSize.megabytes(1024), ByteSize.megabytes(1024), new ByteSize(0)));
        subscribeAll();
        journal.release(REPORTING, CLICKS, lsn(599));
        await().until(() -> segments() <= 4);

        assertThat(readAll(feed(ORDERS))).containsExactly("500/5000 orders+first orders+second");
        journal.release(REPORTING, ORDERS, lsn(500));
        await().until(() -> segments() <= 1);
    }

    @Test
    void aSlowLaneKeepsItsOwnRecordsAndNotEverybodysSpace() {
        reopenCompacting();
        subscribeAll();
        write(1, 20_000);
        long full = segments();
        journal.release(REPORTING, CLICKS, lsn(20_000));

        await().atMost(Duration.ofSeconds(60)).until(() -> segments() < full / 20);
        TransactionFeed orders = feed(ORDERS);
        List<String> expected = new ArrayList<>();
        for (int i = 200; i <= 20_000; i += 200) {
            expected.add(i + "/" + i + " orders+" + i + ROW);
        }
        assertThat(readAll(orders)).isEqualTo(expected);
        assertThat(orders.backlogBytes()).isZero();
        reopenCompacting();
        subscribeAll();
        assertThat(readAll(feed(ORDERS))).isEqualTo(expected);
        assertGap(CLICKS, 0);
        journal.release(REPORTING, ORDERS, lsn(10_000));
        journal.release(REPORTING, CLICKS, lsn(20_000));
        orders = feed(ORDERS);
        orders.seek(after(10_000));
        assertThat(readAll(orders)).isEqualTo(expected.subList(50, 100));
        journal.release(REPORTING, ORDERS, lsn(20_000));
        await().until(() -> segments() <= 1);
    }

    @Test
    void compactionUnderASlowReaderChangesNothingForIt() {
        reopenCompacting();
        subscribeAll();
        int rows = 0;
        for (int i = 1; i <= 400; i++) {
            writer.begin(i);
            for (int j = 0; j < 30; j++) {
                TableId table = j % 10 == 0 ? ORDERS : CLICKS;
                writer.change(
                        io.tidetable.node.journal.ChangeKind.INSERT,
                        writer.shape(io.tidetable.node.journal.JournalFixture.shape(table)),
                        io.tidetable.node.journal.JournalFixture.payload(i + "." + j + ROW));
                rows++;
            }
            writer.commit(lsn(i), java.time.Instant.EPOCH);
        }
        flushed(400);
        assertThat(rows).isEqualTo(12_000);
        long full = segments();
        TransactionFeed orders = feed(ORDERS);
        List<TransactionPart> held = new ArrayList<>();
        List<ChangeCursor> started = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            TransactionPart part = Objects.requireNonNull(orders.peek());
            held.add(part);
            ChangeCursor cursor = part.changes();
            cursor.next();
            started.add(cursor);
            orders.advance();
        }
        journal.release(REPORTING, CLICKS, lsn(400));
        await().atMost(Duration.ofSeconds(60)).until(() -> segments() < full / 4);

        for (int i = 1; i <= 100; i++) {
            String expected =
                    "%d/%d orders+%d.0%s orders+%d.10%s orders+%d.20%s"
                            .formatted(i, i, i, ROW, i, ROW, i, ROW);
            assertThat(show(held.get(i - 1))).isEqualTo(expected);
            ChangeCursor rest = started.get(i - 1);
            assertThat(rest.next()).isTrue();
            assertThat(rest.next()).isTrue();
            assertThat(rest.next()).isFalse();
        }
        assertThat(readAll(orders)).hasSize(300);
    }

    @Test
    void aTrackAtItsBoundSaysSoUntilLanesMoveOn() {
        reopen(settings(new ByteSize(8 * SEGMENT), ByteSize.megabytes(1024), new ByteSize(0)));
        subscribeAll();
        assertThat(writer.room()).isEqualTo(Room.FREE);
        write(1, 800);
        await().until(() -> writer.room() == Room.FULL);

        journal.release(REPORTING, CLICKS, lsn(800));
        journal.release(REPORTING, ORDERS, lsn(800));
        await().until(() -> writer.room() == Room.FREE);
    }

    @Test
    void anOpenTransactionMayExceedTheBoundUpToTheDisksReserve() {
        reopen(settings(new ByteSize(8 * SEGMENT), ByteSize.megabytes(1024), new ByteSize(0)));
        subscribeAll();
        for (int i = 0; i < 2000; i++) {
            stream(writer, 5000, 5000, ORDERS, ROW);
        }
        writer.flush();
        assertThat(segments()).isGreaterThan(16);
        await().until(() -> writer.room() == Room.FREE);

        reopen(
                settings(
                        ByteSize.megabytes(1024),
                        ByteSize.megabytes(1024),
                        new ByteSize(Long.MAX_VALUE / 2)));
        subscribeAll();
        assertThat(writer.room()).isEqualTo(Room.FULL);
        for (int i = 0; i < 500; i++) {
            stream(writer, 5000, 5000, ORDERS, ROW);
        }
        writer.flush();
        await().until(() -> writer.room() == Room.OPEN_TRANSACTIONS_TOO_LARGE);
        writer.connected();
        await().until(() -> segments() <= 1);
    }
}
