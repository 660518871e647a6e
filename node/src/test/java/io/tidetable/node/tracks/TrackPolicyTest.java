package io.tidetable.node.tracks;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Track;
import io.tidetable.node.tracks.TrackPolicy.Decision;
import io.tidetable.node.tracks.TrackPolicy.Limits;
import io.tidetable.node.tracks.TrackPolicy.Seen;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrackPolicyTest {
    private static final Duration STEP = Duration.ofMillis(250);

    private final Limits limits =
            new Limits(
                    1_000, ByteSize.megabytes(1), Duration.ofSeconds(2), Duration.ofSeconds(60), 2);
    private final TrackPolicy policy = new TrackPolicy(limits);
    private final Map<String, Table> tables = new LinkedHashMap<>();
    private final List<Decision> decisions = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    /** A table with a rate of changes; it rides where it was last sent. */
    private static final class Table {
        final Track home;
        Track rides;
        boolean pinned;
        boolean keptUp = true;
        double rate;
        long rowBytes = 100;
        double changes;

        Table(Track home) {
            this.home = home;
            this.rides = home;
        }
    }

    @Test
    void aFloodOnTheExpressTrackLeavesItAndSaysWhy() {
        table("orders", 50);
        table("events", 5_000);

        run(Duration.ofSeconds(3));

        assertThat(decisions).hasSize(1);
        assertThat(decisions.getFirst().name()).isEqualTo("events");
        assertThat(decisions.getFirst().to()).isEqualTo(Track.BULK);
        assertThat(decisions.getFirst().reason())
                .contains("flood the express track (1000 changes or " + limits.floodBytes());
    }

    @Test
    void fewButLargeChangesAreAFloodToo() {
        table("orders", 50);
        table("documents", 40).rowBytes = 100_000;

        run(Duration.ofSeconds(3));

        assertThat(decisions).extracting(Decision::name).containsExactly("documents");
    }

    @Test
    void aShortBurstIsNoFlood() {
        table("orders", 50);
        Table events = table("events", 6_000);

        run(STEP);
        events.rate = 10;
        run(Duration.ofSeconds(30));

        assertThat(decisions).isEmpty();
    }

    @Test
    void aTableThatIsAloneOnTheTrackKeepsNobodyWaiting() {
        table("events", 50_000);
        tables.put("cold", new Table(Track.BULK));

        run(Duration.ofSeconds(30));

        assertThat(decisions).isEmpty();
    }

    @Test
    void aFloodOnTheBulkTrackIsWhereItBelongs() {
        table("orders", 50);
        Table cold = new Table(Track.BULK);
        cold.rate = 100_000;
        tables.put("cold", cold);

        run(Duration.ofMinutes(5));

        assertThat(decisions).isEmpty();
    }

    @Test
    void aTableComesHomeOnceItHasBeenCalmForLong() {
        table("orders", 50);
        Table events = table("events", 5_000);
        run(Duration.ofSeconds(10));

        events.rate = 100;
        run(Duration.ofSeconds(55));
        assertThat(events.rides).isEqualTo(Track.BULK);
        run(Duration.ofSeconds(15));

        assertThat(events.rides).isEqualTo(Track.EXPRESS);
        assertThat(decisions.getLast().reason()).contains("it was calm for");
    }

    @Test
    void aTableThatHasGotTheBulkTrackGoesThereAtOnceHoweverBusyItIsAndNoMoreThanSoManyAMinute() {
        for (String name : List.of("a", "b", "c")) {
            Table busy = new Table(Track.BULK);
            busy.rides = Track.EXPRESS;
            busy.rate = 900;
            tables.put(name, busy);
        }

        run(STEP);
        assertThat(decisions).hasSize(2).allMatch(it -> it.to() == Track.BULK);
        run(Duration.ofSeconds(61));

        assertThat(decisions).hasSize(3);
        assertThat(tables.values()).allMatch(it -> it.rides == Track.BULK);
    }

    /** Its move would not end, and meanwhile it could not leave again. */
    @Test
    void nobodyComesHomeWhileADestinationRests() {
        table("orders", 50);
        Table events = table("events", 5_000);
        run(Duration.ofSeconds(10));
        assertThat(events.rides).isEqualTo(Track.BULK);

        events.rate = 100;
        events.keptUp = false;
        run(Duration.ofMinutes(10));
        assertThat(events.rides).isEqualTo(Track.BULK);
        events.keptUp = true;
        run(STEP);

        assertThat(events.rides).isEqualTo(Track.EXPRESS);
    }

    @Test
    void aFloodLeavesExpressThoughADestinationRests() {
        table("orders", 50);
        table("events", 5_000).keptUp = false;

        run(Duration.ofSeconds(3));

        assertThat(decisions).extracting(Decision::to).containsExactly(Track.BULK);
    }

    @Test
    void lessThanAFloodIsNotYetCalm() {
        table("orders", 50);
        Table events = table("events", 5_000);
        run(Duration.ofSeconds(10));

        events.rate = 500;
        run(Duration.ofMinutes(10));

        assertThat(events.rides).isEqualTo(Track.BULK);
    }

    @Test
    void whoFloodsAgainAndAgainHasToBeCalmForLonger() {
        table("orders", 50);
        Table events = table("events", 5_000);
        run(Duration.ofSeconds(10));
        List<Duration> away = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            events.rate = 10;
            Instant calm = now;
            while (events.rides == Track.BULK) {
                run(Duration.ofSeconds(1));
            }
            away.add(Duration.between(calm, now));
            events.rate = 5_000;
            run(Duration.ofSeconds(10));
        }

        for (int round = 1; round < away.size(); round++) {
            assertThat(away.get(round))
                    .isGreaterThan(away.get(round - 1).multipliedBy(3).dividedBy(2));
        }
    }

    @Test
    void aPinnedTableStays() {
        table("orders", 50);
        table("events", 50_000).pinned = true;

        run(Duration.ofMinutes(5));

        assertThat(decisions).isEmpty();
    }

    @Test
    void onlyAFewMovesBeginInAMinuteTheHeaviestFirst() {
        table("orders", 50);
        for (int number = 1; number <= 5; number++) {
            table("events" + number, 5_000 * number);
        }

        run(Duration.ofSeconds(50));
        assertThat(decisions).extracting(Decision::name).containsExactly("events5", "events4");
        run(Duration.ofSeconds(60));
        assertThat(decisions)
                .extracting(Decision::name)
                .containsExactly("events5", "events4", "events3", "events2");
    }

    private Table table(String name, double rate) {
        Table table = new Table(Track.EXPRESS);
        table.rate = rate;
        tables.put(name, table);
        return table;
    }

    private void run(Duration time) {
        Instant end = now.plus(time);
        while (now.isBefore(end)) {
            now = now.plus(STEP);
            List<Seen> seen = new ArrayList<>();
            tables.forEach((name, table) -> {
                table.changes += table.rate * STEP.toMillis() / 1_000.0;
                seen.add(
                        new Seen(
                                name,
                                table.home,
                                table.rides,
                                !table.pinned,
                                table.keptUp,
                                (long) table.changes,
                                (long) (table.changes * table.rowBytes)));
            });
            for (Decision decision : policy.decide(seen, now)) {
                decisions.add(decision);
                Table moved = tables.get(decision.name());
                if (moved != null) {
                    moved.rides = decision.to();
                }
            }
        }
    }
}
