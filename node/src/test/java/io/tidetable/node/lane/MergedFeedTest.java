package io.tidetable.node.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TransactionPart;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergedFeedTest {
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final TableId CLICKS = new TableId("public", "clicks");

    private final MemoryFeed express = new MemoryFeed();
    private final MemoryFeed bulk = new MemoryFeed();
    private final MergedFeed merged = new MergedFeed(express, bulk);

    @Test
    void transactionsOfBothTracksComeInCommitOrder() {
        express.commit(10, 1, ORDERS).commit(30, 3, ORDERS);
        bulk.commit(20, 2, CLICKS).passed(40);

        assertThat(drain()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aTransactionWaitsUntilTheOtherTrackHasPassedIt() {
        express.commit(10, 1, ORDERS);

        assertThat(merged.peek()).isNull();

        bulk.passed(9);
        assertThat(merged.peek()).isNull();

        bulk.passed(10);
        assertThat(drain()).containsExactly(1L);
    }

    @Test
    void theHalvesOfOneTransactionAreShownAsOne() {
        express.commit(10, 1, ORDERS);
        bulk.commit(10, 1, CLICKS);

        TransactionPart whole = merged.peek();

        assertThat(whole).isNotNull();
        ChangeCursor changes = whole.changes();
        List<TableId> tables = new ArrayList<>();
        while (changes.next()) {
            tables.add(changes.shape().table());
        }
        assertThat(tables).containsExactly(ORDERS, CLICKS);
        assertThat(whole.bytes()).isEqualTo(200);
        merged.advance();
        assertThat(merged.peek()).isNull();
    }

    @Test
    void itIsCompleteOnlyAsFarAsTheSlowerTrack() {
        express.passed(50);
        bulk.passed(20);

        assertThat(merged.watermark()).isEqualTo(new Lsn(20));
    }

    @Test
    void seekingGoesBackOnBothTracks() {
        express.commit(10, 1, ORDERS).commit(30, 3, ORDERS);
        bulk.commit(20, 2, CLICKS).passed(40);
        drain();

        merged.seek(new Position(new Lsn(10), 1));

        assertThat(drain()).containsExactly(2L, 3L);
    }

    private List<Long> drain() {
        List<Long> transactions = new ArrayList<>();
        for (TransactionPart part = merged.peek(); part != null; part = merged.peek()) {
            transactions.add(part.position().xid());
            merged.advance();
        }
        return transactions;
    }
}
