package io.tidetable.node.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.postgres.SourceSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LaneTest {
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final long PLENTY = 1 << 20;

    private final MemoryFeed feed = new MemoryFeed();
    private final Lane.Announced announced = new Lane.Announced();
    private final LaneTable orders = new LaneTable(ORDERS, Track.BULK, new Consistency.Table(), 1);
    private final Lane lane =
            new Lane(
                    new LaneId("public.orders"),
                    List.of(orders),
                    feed,
                    java.util.Set.of(Track.BULK),
                    announced);

    @Test
    void aBatchTakesWhatFitsInCommitOrder() {
        feed.commit(10, 1, ORDERS).commit(20, 2, ORDERS).commit(30, 3, ORDERS);
        beginAt(0);

        assertThat(apply(200)).isEqualTo(at(20, 2));
        assertThat(apply(200)).isEqualTo(at(30, 3));
        assertThat(lane.collect(200)).isNull();
    }

    @Test
    void aTransactionLargerThanABatchComesAlone() {
        feed.commit(10, 1, ORDERS, ORDERS, ORDERS).commit(20, 2, ORDERS);
        beginAt(0);

        assertThat(apply(200)).isEqualTo(at(10, 1));
    }

    @Test
    void aBatchThatFailedIsReadAgain() {
        feed.commit(10, 1, ORDERS).commit(20, 2, ORDERS);
        beginAt(0);

        lane.collect(PLENTY);
        Lane.Batch again = Objects.requireNonNull(lane.collect(PLENTY));

        assertThat(again.parts()).hasSize(2);
    }

    @Test
    void transactionsThatTheCopySawAreSkippedAndTheOthersApplied() {
        feed.commit(10, 5, ORDERS).commit(20, 7, ORDERS).commit(30, 6, ORDERS);
        orders.boundary(new CopyBoundary(SourceSnapshot.parse("6:8:7", lsn(30)), lsn(30), false));
        beginAt(0);

        Lane.Batch batch = Objects.requireNonNull(lane.collect(PLENTY));

        assertThat(batch.parts()).extracting(part -> part.position().xid()).containsExactly(7L);
        assertThat(batch.upTo()).isEqualTo(at(30, 6));
    }

    @Test
    void theCopysRuleEndsWithItsHorizonEvenForOldTransactionIds() {
        feed.commit(40, 5, ORDERS);
        orders.boundary(new CopyBoundary(SourceSnapshot.parse("6:8:7", lsn(30)), lsn(30), false));
        beginAt(30);

        assertThat(Objects.requireNonNull(lane.collect(PLENTY)).parts()).hasSize(1);
    }

    @Test
    void mendingAndPlainChangesNeverShareABatch() {
        feed.commit(10, 9, ORDERS).commit(40, 10, ORDERS);
        orders.boundary(new CopyBoundary(SourceSnapshot.parse("6:8:", lsn(5)), lsn(30), true));
        beginAt(0);

        Lane.Batch first = Objects.requireNonNull(lane.collect(PLENTY));
        lane.committed(first, progress(first.upTo()));
        Lane.Batch second = Objects.requireNonNull(lane.collect(PLENTY));

        assertThat(first.mend()).isTrue();
        assertThat(first.upTo()).isEqualTo(at(10, 9));
        assertThat(second.mend()).isFalse();
    }

    @Test
    void anIdleLaneIsCompleteAsFarAsItsTrackAnnounced() {
        feed.commit(10, 1, ORDERS);
        beginAt(0);
        apply(PLENTY);

        announced.upTo(Track.BULK, lsn(500));

        assertThat(lane.completeUpTo()).isEqualTo(lsn(500));
    }

    @Test
    void anAnnouncedButUnappliedChangeHoldsCompletenessBack() {
        feed.commit(10, 1, ORDERS);
        beginAt(0);
        apply(PLENTY);

        lane.wake();
        announced.upTo(Track.BULK, lsn(500));

        assertThat(lane.completeUpTo()).isEqualTo(lsn(10));
    }

    @Test
    void aBatchOnItsWayIsNotYetComplete() {
        feed.commit(10, 1, ORDERS);
        announced.upTo(Track.BULK, lsn(10));
        beginAt(0);

        Lane.Batch batch = Objects.requireNonNull(lane.collect(PLENTY));

        assertThat(lane.completeUpTo()).isEqualTo(Lsn.ZERO);
        lane.committed(batch, progress(batch.upTo()));
        assertThat(lane.completeUpTo()).isEqualTo(lsn(10));
    }

    @Test
    void aLaneStopsBeforeTheFirstTransactionASnapshotDoesNotSee() throws Exception {
        feed.commit(10, 5, ORDERS).commit(20, 7, ORDERS).commit(30, 6, ORDERS);
        beginAt(0);
        lane.lock();
        try {
            lane.goOnWithin(SourceSnapshot.parse("6:8:7", lsn(20)));

            assertThat(apply(PLENTY)).isEqualTo(at(10, 5));
            assertThat(lane.collect(PLENTY)).isNull();
            assertThat(lane.awaitStop(Duration.ofSeconds(1))).isTrue();

            lane.release();
            assertThat(apply(PLENTY)).isEqualTo(at(30, 6));
        } finally {
            lane.unlock();
        }
    }

    @Test
    void aSnapshotStandsForTheLaneOnlyIfItSeesAllThatWasApplied() {
        feed.commit(10, 5, ORDERS);
        beginAt(0);
        apply(PLENTY);

        assertThat(lane.allAppliedVisibleIn(SourceSnapshot.parse("5:6:5", lsn(10)))).isFalse();
        assertThat(lane.allAppliedVisibleIn(SourceSnapshot.parse("6:6:", lsn(10)))).isTrue();
    }

    /** What the old track gets after the hand-over may lack a part of a transaction. */
    @Test
    void nothingIsAppliedThatWasShownAfterAnotherFeedWasHandedOver() throws Exception {
        MemoryFeed old = new MemoryFeed().commit(10, 1, ORDERS).commit(20, 2, ORDERS);
        MemoryFeed fresh = new MemoryFeed().commit(20, 2, ORDERS, ORDERS).commit(30, 3, ORDERS);
        lane.readNext(
                new HookedFeed(
                        old,
                        // The second look is at what has come meanwhile.
                        2,
                        () -> lane.readNext(fresh, java.util.Set.of(Track.EXPRESS), Lsn.ZERO)),
                java.util.Set.of(Track.BULK),
                Lsn.ZERO);
        lane.lock();
        try {
            beginAt(0);

            Lane.Batch first = Objects.requireNonNull(lane.collect(PLENTY));
            lane.committed(first, progress(first.upTo()));

            assertThat(first.upTo()).isEqualTo(at(10, 1));
            assertThat(lane.idle()).isFalse();
            assertThat(lane.reads(Track.BULK)).isTrue();
            Lane.Batch second = Objects.requireNonNull(lane.collect(PLENTY));
            assertThat(lane.reads(Track.BULK)).isFalse();
            assertThat(second.upTo()).isEqualTo(at(30, 3));
            assertThat(second.bytes()).isEqualTo(300);
        } finally {
            lane.unlock();
        }
    }

    @Test
    void aLaneWhoseOldFeedHadNothingLeftLooksIntoTheNewOneAtOnce() throws Exception {
        MemoryFeed fresh = new MemoryFeed().commit(30, 3, ORDERS);
        lane.readNext(
                new HookedFeed(
                        new MemoryFeed().passed(50),
                        1,
                        () -> lane.readNext(fresh, java.util.Set.of(Track.EXPRESS), Lsn.ZERO)),
                java.util.Set.of(Track.BULK),
                Lsn.ZERO);
        lane.lock();
        try {
            beginAt(0);

            assertThat(apply(PLENTY)).isEqualTo(at(30, 3));
        } finally {
            lane.unlock();
        }
    }

    @Test
    void aFeedThatIsNewIsLookedAtFromWhereTheLaneStands() {
        feed.commit(10, 5, ORDERS);
        beginAt(0);
        apply(PLENTY);
        lane.readNext(
                new MemoryFeed().commit(10, 5, ORDERS).commit(20, 8, ORDERS),
                java.util.Set.of(Track.BULK, Track.EXPRESS),
                Lsn.ZERO);

        // What was applied before is nothing that the snapshot sees beyond.
        assertThat(lane.nothingSeenBeyond(SourceSnapshot.parse("6:9:8", lsn(30)))).isTrue();
    }

    @Test
    void aHeldOrFailedTableStopsItsLane() {
        orders.become(TableState.STREAMING, null);
        assertThat(lane.runnable()).isTrue();

        orders.become(TableState.FAILED, "the destination has no such column");
        assertThat(lane.runnable()).isFalse();
    }

    @Test
    void whatWasForeseenIsTheVeryBatchThatComesNext() {
        fiveCommits();
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));

        Lane.Batch foreseen = Objects.requireNonNull(lane.foresee(first, 200));
        lane.committed(first, progress(first.upTo()));

        assertThat(foreseen.upTo()).isEqualTo(at(40, 4));
        assertThat(lane.collect(200)).isSameAs(foreseen);
        lane.committed(foreseen, progress(foreseen.upTo()));
        assertThat(apply(200)).isEqualTo(at(50, 5));
        assertThat(lane.collect(200)).isNull();
    }

    @Test
    void whatMayStillGrowIsNotForeseen() {
        feed.commit(10, 1, ORDERS).commit(20, 2, ORDERS).commit(30, 3, ORDERS);
        beginAt(0);
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));

        assertThat(lane.foresee(first, 200)).isNull();

        feed.commit(40, 4, ORDERS).commit(50, 5, ORDERS);
        lane.committed(first, progress(first.upTo()));
        assertThat(apply(200)).isEqualTo(at(40, 4));
    }

    @Test
    void aTransactionLargerThanABatchIsNotForeseen() {
        feed.commit(10, 1, ORDERS).commit(20, 2, ORDERS, ORDERS, ORDERS).commit(30, 3, ORDERS);
        beginAt(0);
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));

        assertThat(lane.foresee(first, 200)).isNull();

        lane.committed(first, progress(first.upTo()));
        assertThat(apply(200)).isEqualTo(at(20, 2));
    }

    @Test
    void theBatchBeforeComesAgainWhereItFailed() {
        fiveCommits();
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));
        Lane.Batch foreseen = Objects.requireNonNull(lane.foresee(first, 200));

        assertThat(Objects.requireNonNull(lane.collect(200)).upTo()).isEqualTo(first.upTo());

        lane.committed(first, progress(first.upTo()));
        assertThat(lane.collect(200)).isNotSameAs(foreseen);
    }

    @Test
    void nothingForeseenOutlivesALookAtTheDestination() {
        fiveCommits();
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));
        Lane.Batch foreseen = Objects.requireNonNull(lane.foresee(first, 200));

        lane.forget();
        beginAt(20);

        Lane.Batch next = Objects.requireNonNull(lane.collect(200));
        assertThat(next).isNotSameAs(foreseen);
        assertThat(next.upTo()).isEqualTo(at(40, 4));
    }

    @Test
    void whatIsNotToBeAppliedAsItWasForeseenIsCollectedAnew() {
        fiveCommits();
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));
        Lane.Batch foreseen = Objects.requireNonNull(lane.foresee(first, 200));
        lane.committed(first, progress(first.upTo()));

        // A copy that saw the third transaction alone, as a merge leaves it.
        orders.boundary(new CopyBoundary(SourceSnapshot.parse("3:9:4", lsn(30)), lsn(45), false));

        Lane.Batch next = Objects.requireNonNull(lane.collect(200));
        assertThat(next).isNotSameAs(foreseen);
        assertThat(next.parts()).extracting(part -> part.position().xid()).doesNotContain(3L);
    }

    @Test
    void aLaneThatIsLedToASnapshotGoesNoFurtherThanItThoughMoreWasForeseen() {
        fiveCommits();
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));
        lane.foresee(first, 200);
        lane.committed(first, progress(first.upTo()));
        lane.lock();
        try {
            lane.goOnWithin(SourceSnapshot.parse("4:4:", lsn(30)));

            assertThat(apply(200)).isEqualTo(at(30, 3));
            assertThat(lane.collect(200)).isNull();
        } finally {
            lane.unlock();
        }
    }

    @Test
    void whatAFormerFeedShowedIsNotForeseenOfTheNext() {
        fiveCommits();
        Lane.Batch first = Objects.requireNonNull(lane.collect(200));
        Lane.Batch foreseen = Objects.requireNonNull(lane.foresee(first, 200));
        MemoryFeed fresh = new MemoryFeed().commit(30, 3, ORDERS).commit(40, 4, ORDERS, ORDERS);
        lane.readNext(fresh, java.util.Set.of(Track.EXPRESS), Lsn.ZERO);
        lane.committed(first, progress(first.upTo()));

        Lane.Batch next = Objects.requireNonNull(lane.collect(200));
        assertThat(next).isNotSameAs(foreseen);
        assertThat(next.upTo()).isEqualTo(at(30, 3));
    }

    private void fiveCommits() {
        feed.commit(10, 1, ORDERS)
                .commit(20, 2, ORDERS)
                .commit(30, 3, ORDERS)
                .commit(40, 4, ORDERS)
                .commit(50, 5, ORDERS);
        beginAt(0);
    }

    private void beginAt(long lsn) {
        lane.standsAt(progress(at(lsn, 0)));
    }

    private Position apply(long mostBytes) {
        Lane.Batch batch = Objects.requireNonNull(lane.collect(mostBytes));
        lane.committed(batch, progress(batch.upTo()));
        return Objects.requireNonNull(lane.progress()).position();
    }

    private Progress progress(Position position) {
        return new Progress("shop", lane.id(), new SourceIdentity(1, 1), position);
    }

    private static Position at(long lsn, long xid) {
        return new Position(lsn(lsn), xid);
    }

    private static Lsn lsn(long value) {
        return new Lsn(value);
    }
}
