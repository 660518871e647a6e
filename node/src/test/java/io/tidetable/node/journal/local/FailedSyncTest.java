package io.tidetable.node.journal.local;

import static io.tidetable.node.journal.JournalFixture.CLICKS;
import static io.tidetable.node.journal.JournalFixture.ORDERS;
import static io.tidetable.node.journal.JournalFixture.insert;
import static io.tidetable.node.journal.JournalFixture.lsn;
import static io.tidetable.node.journal.JournalFixture.show;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read before it is synced, but never once its sync has failed. */
class FailedSyncTest {
    @TempDir private Path directory;

    @Test
    void whatWasNotSyncedBeforeTheFailureIsNotReadAfterIt() throws Exception {
        Disk disk = new Disk();
        try (LocalJournal journal = open(disk)) {
            TrackJournal track = journal.track(Track.BULK);
            TrackWriter writer = track.writer();
            writer.connected();
            insert(writer, 7, 100, ORDERS, "synced");
            writer.flush();
            await().until(() -> track.durableEnd().equals(lsn(100)));
            TransactionFeed orders = track.feed(Set.of(ORDERS));
            TransactionFeed clicks = track.feed(Set.of(CLICKS));

            disk.holding = true;
            insert(writer, 8, 110, CLICKS, "written");
            insert(writer, 9, 120, ORDERS, "written too");
            writer.flush();
            assertThat(show(Objects.requireNonNull(clicks.peek())))
                    .isEqualTo("110/8 clicks+written");
            ChangeCursor begun = Objects.requireNonNull(clicks.peek()).changes();
            assertThat(track.durableEnd()).isEqualTo(lsn(100));

            disk.failed.countDown();
            await().untilAsserted(
                            () -> assertThatThrownBy(writer::room).hasMessageContaining("sync"));
            assertRefused(begun::next);
            assertThat(show(Objects.requireNonNull(orders.peek())))
                    .isEqualTo("100/7 orders+synced");
            orders.advance();
            assertRefused(orders::peek);
            assertThat(track.durableEnd()).isEqualTo(lsn(100));
        }
    }

    private static void assertRefused(Runnable reading) {
        assertThatThrownBy(reading::run)
                .isInstanceOfSatisfying(
                        TidetableException.class, e -> assertThat(e.code()).startsWith("TT-3"));
    }

    private LocalJournal open(Disk disk) {
        LocalJournal journal =
                LocalJournal.open(directory, TestSettings.withSegments(64 << 10), disk::reach);
        DestinationId reporting = new DestinationId("reporting");
        journal.subscribe(reporting, ORDERS);
        journal.subscribe(reporting, CLICKS);
        journal.subscriptionsComplete();
        return journal;
    }

    /** Its syncs take long from some time on, and fail. */
    private static final class Disk {
        private final CountDownLatch failed = new CountDownLatch(1);
        private volatile boolean holding;

        void reach(FaultPoint point) {
            if (point == FaultPoint.JOURNAL_SYNCED && holding) {
                try {
                    failed.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new UncheckedIOException(new IOException("the disk is gone"));
            }
        }
    }
}
