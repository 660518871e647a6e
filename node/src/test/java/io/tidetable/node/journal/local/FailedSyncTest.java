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
import io.tidetable.node.fault.DyingDisk;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read before it is synced, but never once its sync has failed. */
class FailedSyncTest {
    @TempDir private Path directory;

    @Test
    void whatWasNotSyncedBeforeTheFailureIsNotReadAfterIt() throws Exception {
        DyingDisk disk = new DyingDisk(1);
        try (LocalJournal journal = open(disk)) {
            TrackJournal track = journal.track(Track.BULK);
            TrackWriter writer = track.writer();
            writer.connected();
            insert(writer, 7, 100, ORDERS, "synced");
            writer.flush();
            await().until(() -> track.durableEnd().equals(lsn(100)));
            TransactionFeed orders = track.feed(Set.of(ORDERS));
            TransactionFeed clicks = track.feed(Set.of(CLICKS));

            disk.hold();
            insert(writer, 8, 110, CLICKS, "written");
            insert(writer, 9, 120, ORDERS, "written too");
            writer.flush();
            assertThat(show(Objects.requireNonNull(clicks.peek())))
                    .isEqualTo("110/8 clicks+written");
            ChangeCursor begun = Objects.requireNonNull(clicks.peek()).changes();
            assertThat(track.durableEnd()).isEqualTo(lsn(100));

            disk.die();
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

    private LocalJournal open(DyingDisk disk) {
        LocalJournal journal =
                LocalJournal.open(directory, TestSettings.withSegments(64 << 10), disk);
        DestinationId reporting = new DestinationId("reporting");
        journal.subscribe(reporting, ORDERS);
        journal.subscribe(reporting, CLICKS);
        journal.subscriptionsComplete();
        return journal;
    }
}
