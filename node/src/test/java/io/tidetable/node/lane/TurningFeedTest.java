package io.tidetable.node.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.node.journal.TransactionPart;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TurningFeedTest {
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final long TURN = 50;

    private final MemoryFeed old = new MemoryFeed();
    private final MemoryFeed fresh = new MemoryFeed();
    private final TurningFeed turning = new TurningFeed(old, fresh, new Lsn(TURN));

    @Test
    void eachTransactionIsShownFromItsSideOfTheTurnAlone() {
        old.commit(10, 1, ORDERS).commit(40, 4, ORDERS).commit(50, 5, ORDERS).commit(60, 6, ORDERS);
        fresh.commit(40, 4, ORDERS).commit(50, 5, ORDERS).commit(60, 6, ORDERS).passed(70);
        turning.seek(Position.START);

        assertThat(drain()).containsExactly(1L, 4L, 5L, 6L);
    }

    @Test
    void nothingBeyondTheTurnIsShownBeforeTheOldTrackHasReachedIt() {
        fresh.commit(60, 6, ORDERS);
        old.passed(49);
        turning.seek(Position.START);

        assertThat(turning.peek()).isNull();
        assertThat(turning.watermark()).isEqualTo(new Lsn(49));

        old.commit(50, 5, ORDERS);
        assertThat(drain()).containsExactly(5L, 6L);
        assertThat(turning.watermark()).isEqualTo(new Lsn(60));
    }

    @Test
    void oneThatStandsBeyondTheTurnNeedsTheOldTrackNoMore() {
        fresh.commit(60, 6, ORDERS).commit(70, 7, ORDERS);
        turning.seek(new Position(new Lsn(60), 6));

        assertThat(drain()).containsExactly(7L);
    }

    @Test
    void whileTheNewTrackIsBehindItIsCompleteUpToTheTurn() {
        old.passed(90);
        fresh.passed(20);
        turning.seek(Position.START);

        assertThat(turning.peek()).isNull();
        assertThat(turning.watermark()).isEqualTo(new Lsn(TURN));
    }

    private List<Long> drain() {
        List<Long> shown = new ArrayList<>();
        TransactionPart part = turning.peek();
        while (part != null) {
            shown.add(part.position().xid());
            turning.advance();
            part = turning.peek();
        }
        return shown;
    }
}
