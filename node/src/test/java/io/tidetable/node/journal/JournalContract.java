package io.tidetable.node.journal;

import static io.tidetable.node.journal.JournalFixture.AUDIT_LOG;
import static io.tidetable.node.journal.JournalFixture.CLICKS;
import static io.tidetable.node.journal.JournalFixture.ORDERS;
import static io.tidetable.node.journal.JournalFixture.after;
import static io.tidetable.node.journal.JournalFixture.committedAt;
import static io.tidetable.node.journal.JournalFixture.insert;
import static io.tidetable.node.journal.JournalFixture.lsn;
import static io.tidetable.node.journal.JournalFixture.payload;
import static io.tidetable.node.journal.JournalFixture.readAll;
import static io.tidetable.node.journal.JournalFixture.shape;
import static io.tidetable.node.journal.JournalFixture.show;
import static io.tidetable.node.journal.JournalFixture.stream;
import static io.tidetable.node.journal.JournalFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.model.Track;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every journal guarantees. */
public abstract class JournalContract {
    private static final DestinationId REPORTING = new DestinationId("reporting");

    private Journal journal;
    private TrackJournal track;
    private TrackWriter writer;

    /**
     * Opens the journal of this test: an empty one at first, later with what was written before.
     * Positions are recorded at each flush.
     */
    protected abstract Journal open();

    @BeforeEach
    void openEmpty() {
        use(open());
    }

    @AfterEach
    void close() {
        journal.close();
    }

    private void use(Journal opened) {
        journal = opened;
        track = opened.track(Track.BULK);
        writer = track.writer();
        for (TableId table : List.of(ORDERS, CLICKS, AUDIT_LOG)) {
            journal.subscribe(REPORTING, table);
        }
        journal.subscriptionsComplete();
    }

    private void reopen() {
        journal.close();
        use(open());
        writer.connected();
    }

    private void flushed(long position) {
        writer.flush();
        await().until(() -> track.durableEnd().isAtOrAfter(lsn(position)));
    }

    private TransactionFeed feed(TableId... tables) {
        return track.feed(Set.of(tables));
    }

    @Test
    void commitsAreShownInOrderAndOnlyToFeedsOfTheirTables() {
        TransactionFeed orders = feed(ORDERS);
        writer.connected();
        insert(writer, 7, 100, ORDERS, "a", "b");
        insert(writer, 8, 110, CLICKS, "c");
        insert(writer, 9, 120, ORDERS, "d");
        flushed(120);

        assertThat(readAll(orders)).containsExactly("100/7 orders+a orders+b", "120/9 orders+d");
        assertThat(readAll(feed(CLICKS))).containsExactly("110/8 clicks+c");
        assertThat(feed(AUDIT_LOG).peek()).isNull();
    }

    @Test
    void aPartSaysWhenItWasCommittedAndWhatItCosts() {
        writer.connected();
        insert(writer, 1L << 40, 1L << 50, ORDERS, "a".repeat(1000));
        flushed(1L << 50);

        TransactionPart part = Objects.requireNonNull(feed(ORDERS).peek());

        assertThat(part.committedAt()).isEqualTo(committedAt(1L << 50));
        assertThat(part.position()).isEqualTo(new Position(lsn(1L << 50), 1L << 40));
        assertThat(part.bytes()).isBetween(1000L, 1100L);
    }

    @Test
    void allKindsOfChangesKeepTheirKind() {
        writer.connected();
        int orders = writer.shape(shape(ORDERS));
        writer.begin(7);
        writer.change(ChangeKind.INSERT, orders, payload("a"));
        writer.change(ChangeKind.UPDATE, orders, payload("b"));
        writer.change(ChangeKind.DELETE, orders, payload("c"));
        writer.change(ChangeKind.TRUNCATE, orders, payload("d"));
        writer.commit(lsn(100), committedAt(100));
        flushed(100);

        assertThat(readAll(feed(ORDERS)))
                .containsExactly("100/7 orders+a orders~b orders-c orders!d");
    }

    @Test
    void aStreamedTransactionIsShownWholeAtItsCommit() {
        writer.connected();
        stream(writer, 50, 50, ORDERS, "big1");
        insert(writer, 51, 100, ORDERS, "small");
        stream(writer, 50, 50, CLICKS, "big2");
        stream(writer, 50, 50, ORDERS, "big3");
        flushed(100);

        assertThat(readAll(feed(ORDERS))).containsExactly("100/51 orders+small");

        writer.streamCommit(50, lsn(200), committedAt(200));
        flushed(200);

        assertThat(readAll(feed(ORDERS)))
                .containsExactly("100/51 orders+small", "200/50 orders+big1 orders+big3");
        assertThat(readAll(feed(ORDERS, CLICKS)))
                .containsExactly(
                        "100/51 orders+small", "200/50 orders+big1 clicks+big2 orders+big3");
    }

    @Test
    void abortedSubtransactionsAreLeftOutAlsoAfterAReopening() {
        writer.connected();
        stream(writer, 50, 50, ORDERS, "kept1");
        stream(writer, 50, 51, ORDERS, "aborted1");
        stream(writer, 50, 51, CLICKS, "aborted2");
        stream(writer, 50, 52, ORDERS, "kept2");
        writer.streamAbort(50, 51);
        stream(writer, 50, 50, ORDERS, "kept3");
        stream(writer, 60, 60, ORDERS, "aborted3");
        writer.streamAbort(60, 60);
        writer.streamCommit(50, lsn(200), committedAt(200));
        flushed(200);

        List<String> expected = List.of("200/50 orders+kept1 orders+kept2 orders+kept3");
        assertThat(readAll(feed(ORDERS))).isEqualTo(expected);
        assertThat(readAll(feed(CLICKS))).isEmpty();

        reopen();

        assertThat(readAll(feed(ORDERS))).isEqualTo(expected);
        assertThat(readAll(feed(CLICKS))).isEmpty();
    }

    @Test
    void chunksOfAnEarlierConnectionAreVoid() {
        writer.connected();
        stream(writer, 700, 700, ORDERS, "1");
        stream(writer, 700, 701, ORDERS, "2");
        insert(writer, 70, 100, CLICKS, "between");
        flushed(100);

        writer.connected();
        stream(writer, 700, 700, ORDERS, "1");
        stream(writer, 700, 701, ORDERS, "2");
        writer.streamCommit(700, lsn(200), committedAt(200));
        flushed(200);

        assertThat(readAll(feed(ORDERS))).containsExactly("200/700 orders+1 orders+2");
        reopen();
        assertThat(readAll(feed(ORDERS))).containsExactly("200/700 orders+1 orders+2");
    }

    @Test
    void chunksFromBeforeARestartAreVoidWhetherTheTransactionComesStreamedOrWhole() {
        writer.connected();
        stream(writer, 700, 700, ORDERS, "1");
        stream(writer, 800, 800, ORDERS, "8");
        insert(writer, 70, 100, CLICKS, "between");
        flushed(100);

        reopen();
        insert(writer, 700, 200, ORDERS, "1", "2");
        stream(writer, 800, 800, ORDERS, "8");
        writer.streamCommit(800, lsn(300), committedAt(300));
        flushed(300);

        assertThat(readAll(feed(ORDERS)))
                .containsExactly("200/700 orders+1 orders+2", "300/800 orders+8");
    }

    @Test
    void aTransactionCutOffByAReconnectIsVoid() {
        writer.connected();
        writer.begin(7);
        writer.change(ChangeKind.INSERT, writer.shape(shape(ORDERS)), payload("half"));

        writer.connected();
        insert(writer, 7, 100, ORDERS, "half", "other half");
        flushed(100);

        assertThat(readAll(feed(ORDERS))).containsExactly("100/7 orders+half orders+other half");
    }

    @Test
    void aFeedOfSeveralTablesMergesThemInCommitOrderAndWithinATransactionInSourceOrder() {
        TransactionFeed both = feed(ORDERS, CLICKS);
        writer.connected();
        int orders = writer.shape(shape(ORDERS));
        int clicks = writer.shape(shape(CLICKS));
        int audit = writer.shape(shape(AUDIT_LOG));
        writer.begin(7);
        writer.change(ChangeKind.INSERT, orders, payload("1"));
        writer.change(ChangeKind.INSERT, audit, payload("x"));
        writer.change(ChangeKind.INSERT, clicks, payload("2"));
        writer.change(ChangeKind.INSERT, orders, payload("3"));
        writer.commit(lsn(100), committedAt(100));
        insert(writer, 8, 110, CLICKS, "4");
        insert(writer, 9, 120, ORDERS, "5");
        flushed(120);
        assertThat(Objects.requireNonNull(both.peek()).position().commitEnd()).isEqualTo(lsn(100));
        insert(writer, 10, 130, CLICKS, "6");
        flushed(130);

        assertThat(readAll(both))
                .containsExactly(
                        "100/7 orders+1 clicks+2 orders+3",
                        "110/8 clicks+4",
                        "120/9 orders+5",
                        "130/10 clicks+6");
    }

    @Test
    void aChangeKeepsTheShapeOfItsTimeAndTheSameShapeIsTheSameObject() {
        TableShape narrow = shape(ORDERS);
        TableShape wide = shape(ORDERS, "note");
        writer.connected();
        writer.begin(7);
        writer.change(ChangeKind.INSERT, writer.shape(narrow), payload("a"));
        writer.change(ChangeKind.INSERT, writer.shape(narrow), payload("b"));
        writer.change(ChangeKind.INSERT, writer.shape(wide), payload("c"));
        writer.commit(lsn(100), committedAt(100));
        flushed(100);
        reopen();

        ChangeCursor changes = Objects.requireNonNull(feed(ORDERS).peek()).changes();
        List<TableShape> shapes = new ArrayList<>();
        while (changes.next()) {
            shapes.add(changes.shape());
        }

        assertThat(shapes).containsExactly(narrow, narrow, wide);
        assertThat(shapes.get(0)).isSameAs(shapes.get(1));
    }

    @Test
    void aPayloadStaysWhatItWasWhenTheCursorMovesOn() {
        writer.connected();
        insert(writer, 7, 100, ORDERS, "first", "x".repeat(200_000), "last");
        flushed(100);

        ChangeCursor changes = Objects.requireNonNull(feed(ORDERS).peek()).changes();
        changes.next();
        ByteBuffer first = changes.payload();
        changes.next();
        ByteBuffer second = changes.payload();
        changes.next();

        assertThat(text(first)).isEqualTo("first");
        assertThat(text(second)).isEqualTo("x".repeat(200_000));
        assertThat(text(changes.payload())).isEqualTo("last");
        assertThat(first.isReadOnly()).isTrue();
        assertThat(changes.next()).isFalse();
    }

    @Test
    void aChangeOfManyMegabytesIsKept() {
        String large = "0123456789".repeat(300_000);
        writer.connected();
        insert(writer, 7, 100, ORDERS, "before", large, "after");
        insert(writer, 8, 200, ORDERS, "next");
        flushed(200);

        List<String> expected =
                List.of(
                        "100/7 orders+before orders+" + large + " orders+after",
                        "200/8 orders+next");
        assertThat(readAll(feed(ORDERS)).equals(expected)).isTrue();
        reopen();
        assertThat(readAll(feed(ORDERS)).equals(expected)).isTrue();
    }

    @Test
    void aPayloadIsReadFromItsPositionToItsLimitAndLeftAsItWas() {
        writer.connected();
        ByteBuffer payload = payload("..abc..").position(2).limit(5);
        writer.begin(7);
        writer.change(ChangeKind.INSERT, writer.shape(shape(ORDERS)), payload);
        writer.commit(lsn(100), committedAt(100));
        flushed(100);

        assertThat(payload.position()).isEqualTo(2);
        assertThat(payload.limit()).isEqualTo(5);
        assertThat(readAll(feed(ORDERS))).containsExactly("100/7 orders+abc");
    }

    @Test
    void whatWasDurableIsThereAfterReopeningAndCaptureResumesBehindIt() {
        writer.connected();
        insert(writer, 7, 100, ORDERS, "a");
        stream(writer, 50, 50, ORDERS, "open");
        flushed(100);

        reopen();

        assertThat(track.durableEnd()).isEqualTo(lsn(100));
        assertThat(readAll(feed(ORDERS))).containsExactly("100/7 orders+a");
        insert(writer, 8, 110, ORDERS, "b");
        flushed(110);
        assertThat(readAll(feed(ORDERS))).containsExactly("100/7 orders+a", "110/8 orders+b");
    }

    @Test
    void commitsThatAreThereAlreadyAreIgnored() {
        writer.connected();
        insert(writer, 7, 100, ORDERS, "a");
        insert(writer, 8, 110, ORDERS, "b");
        flushed(110);
        reopen();

        insert(writer, 8, 110, ORDERS, "b");
        stream(writer, 8, 8, ORDERS, "b");
        writer.streamCommit(8, lsn(110), committedAt(110));
        insert(writer, 9, 120, ORDERS, "c");
        flushed(120);

        assertThat(readAll(feed(ORDERS)))
                .containsExactly("100/7 orders+a", "110/8 orders+b", "120/9 orders+c");
    }

    @Test
    void passedPositionsAndEmptyCommitsMoveTheWatermarkAndSurviveReopening() {
        TransactionFeed orders = feed(ORDERS);
        writer.connected();
        insert(writer, 7, 100, ORDERS, "a");
        writer.passed(lsn(150));
        flushed(150);
        assertThat(orders.watermark()).isEqualTo(lsn(150));

        writer.begin(8);
        writer.commit(lsn(160), committedAt(160));
        flushed(160);
        writer.streamCommit(9, lsn(170), committedAt(170));
        flushed(170);
        assertThat(orders.watermark()).isEqualTo(lsn(170));

        reopen();
        assertThat(track.durableEnd()).isEqualTo(lsn(170));
        assertThat(feed(ORDERS).watermark()).isEqualTo(lsn(170));
    }

    @Test
    void anEmptyTrackBeginsWhereItsSlotBeginsAndReadersBelowHaveAGap() {
        assertThat(track.durableEnd()).isEqualTo(Lsn.ZERO);
        track.startAt(lsn(50));
        assertThat(track.durableEnd()).isEqualTo(lsn(50));
        reopen();
        assertThat(track.durableEnd()).isEqualTo(lsn(50));
        assertThat(track.startedAt()).isEqualTo(lsn(50));

        insert(writer, 7, 100, ORDERS, "a");
        flushed(100);

        assertThatThrownBy(() -> track.startAt(lsn(60))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> feed(ORDERS).seek(after(49)))
                .isInstanceOf(JournalGapException.class);
        TransactionFeed orders = feed(ORDERS);
        orders.seek(after(50));
        assertThat(readAll(orders)).containsExactly("100/7 orders+a");
    }

    @Test
    void seekingGoesForwardAndBack() {
        writer.connected();
        for (int i = 1; i <= 50; i++) {
            insert(writer, i, 10L * i, i % 2 == 0 ? ORDERS : CLICKS, "n" + i);
        }
        flushed(500);
        List<String> all = readAll(feed(ORDERS, CLICKS));
        assertThat(all).hasSize(50);
        TransactionFeed both = feed(ORDERS, CLICKS);

        for (int from : List.of(0, 500, 250, 255, 490, 10, 3)) {
            both.seek(after(from));
            assertThat(readAll(both)).isEqualTo(all.subList(from / 10, 50));
        }
    }

    @Test
    void theListenerHearsWhichTablesHaveNewCommits() {
        Set<TableId> heard = new ConcurrentSkipListSet<>();
        List<Lsn> watermarks = new java.util.concurrent.CopyOnWriteArrayList<>();
        journal.onReadable((on, tables, watermark) -> {
            assertThat(on).isEqualTo(Track.BULK);
            heard.addAll(tables);
            watermarks.add(watermark);
        });
        writer.connected();
        insert(writer, 7, 100, ORDERS, "a");
        insert(writer, 8, 110, CLICKS, "a");
        writer.flush();
        await().until(() -> watermarks.contains(lsn(110)));
        assertThat(heard).containsExactlyInAnyOrder(ORDERS, CLICKS);

        heard.clear();
        writer.passed(lsn(200));
        writer.flush();
        await().until(() -> watermarks.contains(lsn(200)));
        assertThat(heard).isEmpty();
        assertThat(watermarks).isSorted();
    }

    @Test
    void theBacklogIsWhatTheFeedHasNotPassed() {
        writer.connected();
        insert(writer, 7, 100, ORDERS, "x".repeat(1000));
        insert(writer, 8, 110, ORDERS, "x".repeat(2000));
        insert(writer, 9, 120, CLICKS, "x".repeat(5000));
        flushed(120);
        TransactionFeed orders = feed(ORDERS);

        orders.peek();
        assertThat(orders.backlogBytes()).isBetween(3000L, 3200L);
        orders.advance();
        assertThat(orders.backlogBytes()).isBetween(2000L, 2100L);
        readAll(orders);
        assertThat(orders.backlogBytes()).isZero();
        assertThat(feed(AUDIT_LOG).backlogBytes()).isZero();
        orders.seek(after(0));
        orders.peek();
        assertThat(orders.backlogBytes()).isBetween(3000L, 3200L);
    }

    @Test
    void anInterruptionOfTheWriterLosesNothingAndIsKeptForIt() {
        writer.connected();
        insert(writer, 7, 100, ORDERS, "a");
        Thread.currentThread().interrupt();
        writer.flush();
        insert(writer, 8, 110, ORDERS, "x".repeat(100_000));
        writer.flush();
        assertThat(Thread.interrupted()).isTrue();
        insert(writer, 9, 120, ORDERS, "b");
        flushed(120);
        reopen();

        assertThat(readAll(feed(ORDERS)))
                .containsExactly(
                        "100/7 orders+a", "110/8 orders+" + "x".repeat(100_000), "120/9 orders+b");
    }

    @Test
    void tracksAreApart() {
        writer.connected();
        TrackWriter express = journal.track(Track.EXPRESS).writer();
        express.connected();
        insert(express, 7, 100, ORDERS, "express");
        express.flush();
        insert(writer, 8, 110, ORDERS, "bulk");
        flushed(110);
        await().until(() -> journal.track(Track.EXPRESS).durableEnd().equals(lsn(100)));

        assertThat(readAll(feed(ORDERS))).containsExactly("110/8 orders+bulk");
        assertThat(readAll(journal.track(Track.EXPRESS).feed(Set.of(ORDERS))))
                .containsExactly("100/7 orders+express");
    }

    @Test
    void whatATrackIsSaidToLackIsNotWrittenWhileNobodyWantsIt() {
        journal.unsubscribe(REPORTING, CLICKS, Track.BULK);
        track.lacksAll(Set.of(CLICKS));
        writer.connected();
        TrackWriter express = journal.track(Track.EXPRESS).writer();
        express.connected();
        writer.begin(7);
        writer.change(ChangeKind.INSERT, writer.shape(shape(CLICKS)), payload("no"));
        writer.change(ChangeKind.INSERT, writer.shape(shape(ORDERS)), payload("yes"));
        writer.commit(lsn(100), committedAt(100));
        insert(writer, 8, 110, CLICKS, "no");
        insert(express, 8, 110, CLICKS, "yes");
        express.flush();
        flushed(110);
        await().until(() -> journal.track(Track.EXPRESS).durableEnd().equals(lsn(110)));

        assertThat(readAll(feed(ORDERS, CLICKS))).containsExactly("100/7 orders+yes");
        assertThatThrownBy(() -> feed(CLICKS).seek(after(1L << 60)))
                .isInstanceOf(JournalGapException.class);
        assertThat(readAll(journal.track(Track.EXPRESS).feed(Set.of(CLICKS))))
                .containsExactly("110/8 clicks+yes");
    }

    @Test
    void whoeverWantsATableLaterGetsWhatCommitsLaterWhole() {
        journal.unsubscribe(REPORTING, CLICKS, Track.BULK);
        track.lacksAll(Set.of(CLICKS));
        writer.connected();
        stream(writer, 50, 50, CLICKS, "big1");
        insert(writer, 7, 100, CLICKS, "before");
        writer.flush();
        journal.subscribe(REPORTING, CLICKS, Track.BULK);
        track.lacks(Set.of(CLICKS), lsn(100));
        stream(writer, 50, 50, CLICKS, "big2");
        insert(writer, 8, 110, CLICKS, "after");
        writer.streamCommit(50, lsn(120), committedAt(120));
        flushed(120);

        TransactionFeed clicks = feed(CLICKS);
        clicks.seek(after(100));
        assertThat(readAll(clicks))
                .containsExactly("110/8 clicks+after", "120/50 clicks+big1 clicks+big2");
    }

    @Test
    void aTrackSaysWhatItLacksOfATableAlsoAfterItIsOpenedAgain() {
        writer.connected();
        insert(writer, 7, 100, ORDERS, "old");
        insert(writer, 8, 110, CLICKS, "old");
        insert(writer, 9, 200, ORDERS, "new");
        flushed(200);

        track.lacks(Set.of(ORDERS), lsn(150));

        for (int round = 0; round < 2; round++) {
            assertThat(track.lackingUpTo(ORDERS)).isEqualTo(lsn(150));
            assertThat(track.lackingUpTo(CLICKS)).isEqualTo(Lsn.ZERO);
            assertThatThrownBy(() -> feed(ORDERS).seek(after(149)))
                    .isInstanceOf(JournalGapException.class);
            TransactionFeed orders = feed(ORDERS);
            orders.seek(after(150));
            assertThat(readAll(orders)).containsExactly("200/9 orders+new");
            feed(CLICKS).seek(after(0));
            reopen();
        }
        track.lacksAll(Set.of(ORDERS));
        assertThat(track.lacksAllOf(ORDERS)).as("somebody wants it").isFalse();
        journal.unsubscribe(REPORTING, ORDERS, Track.BULK);
        track.lacksAll(Set.of(ORDERS));
        reopen();
        assertThat(track.lacksAllOf(ORDERS)).isTrue();
        assertThatThrownBy(() -> feed(ORDERS).seek(after(1L << 60)))
                .isInstanceOf(JournalGapException.class);
        track.lacks(Set.of(ORDERS), lsn(150));
        feed(ORDERS).seek(after(150));
        reopen();
        assertThat(track.lacksAllOf(ORDERS)).isFalse();
        feed(ORDERS).seek(after(150));
    }

    @Test
    void aReaderThatKeepsUpSeesEveryCommitOnceWhileTheyAreWritten() {
        TransactionFeed orders = feed(ORDERS);
        writer.connected();
        List<String> seen = new ArrayList<>();
        List<String> expected = new ArrayList<>();

        for (int i = 1; i <= 2000; i++) {
            insert(writer, i, i, ORDERS, "n" + i);
            expected.add(i + "/" + i + " orders+n" + i);
            if (i % 7 == 0) {
                writer.flush();
                seen.addAll(readAll(orders));
            }
        }
        flushed(2000);
        seen.addAll(readAll(orders));

        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void manyTablesInOneTransactionAreEachReadByTheirOwnFeed() {
        List<TableId> tables =
                IntStream.range(0, 300).mapToObj(i -> new TableId("public", "t" + i)).toList();
        tables.forEach(table -> journal.subscribe(REPORTING, table));
        writer.connected();
        writer.begin(7);
        for (int round = 0; round < 3; round++) {
            for (TableId table : tables) {
                writer.change(
                        ChangeKind.INSERT,
                        writer.shape(shape(table)),
                        payload(table.name() + "." + round));
            }
        }
        writer.commit(lsn(100), committedAt(100));
        flushed(100);

        for (TableId table : tables) {
            String name = table.name();
            assertThat(show(Objects.requireNonNull(feed(table).peek())))
                    .isEqualTo("100/7 %1$s+%1$s.0 %1$s+%1$s.1 %1$s+%1$s.2".formatted(name));
        }
        assertThat(show(Objects.requireNonNull(track.feed(Set.copyOf(tables)).peek())).split(" "))
                .hasSize(901);
    }

    @Test
    void aDiscardedTrackIsEmptyAndBeginsAnewAlsoAfterItIsOpenedAgain() {
        writer.connected();
        insert(writer, 7, 100, ORDERS, "lost");
        flushed(100);
        journal.close();
        Journal again = open();

        again.discard(Track.BULK);
        assertThat(again.track(Track.BULK).durableEnd()).isEqualTo(Lsn.ZERO);
        again.track(Track.BULK).startAt(lsn(50));
        use(again);
        writer.connected();
        insert(writer, 8, 60, ORDERS, "kept");
        flushed(60);
        reopen();

        assertThat(track.durableEnd()).isEqualTo(lsn(60));
        assertThat(readAll(feed(ORDERS))).containsExactly("60/8 orders+kept");
    }
}
