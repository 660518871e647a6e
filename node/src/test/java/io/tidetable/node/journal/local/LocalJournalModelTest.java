package io.tidetable.node.journal.local;

import static io.tidetable.node.journal.JournalFixture.after;
import static io.tidetable.node.journal.JournalFixture.committedAt;
import static io.tidetable.node.journal.JournalFixture.lsn;
import static io.tidetable.node.journal.JournalFixture.payload;
import static io.tidetable.node.journal.JournalFixture.shape;
import static io.tidetable.node.journal.JournalFixture.show;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.JournalGapException;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random work against a list in memory that is obviously right. */
@SuppressWarnings("NullAway.Init") // opened by each play
class LocalJournalModelTest {
    /** Nobody subscribes to the last one. */
    private static final List<TableId> TABLES =
            IntStream.range(0, 6).mapToObj(i -> new TableId("public", "t" + i)).toList();

    private static final DestinationId FIRST = new DestinationId("first");
    private static final DestinationId SECOND = new DestinationId("second");

    @TempDir private Path directory;

    private record Change(TableId table, ChangeKind kind, String text) {
        String show() {
            String sign =
                    switch (kind) {
                        case INSERT -> "+";
                        case UPDATE -> "~";
                        case DELETE -> "-";
                        case TRUNCATE -> "!";
                    };
            return table.name() + sign + text;
        }
    }

    private record Committed(long end, long xid, List<Change> changes) {
        /** What a feed of the tables shows of it, empty for nothing. */
        String show(Set<TableId> tables) {
            String shown =
                    changes.stream()
                            .filter(change -> tables.contains(change.table()))
                            .map(Change::show)
                            .collect(Collectors.joining(" "));
            return shown.isEmpty() ? "" : end + "/" + xid + " " + shown;
        }

        boolean touches(TableId table) {
            return changes.stream().anyMatch(change -> change.table().equals(table));
        }
    }

    private record Streamed(long subxid, Change change) {}

    /** A reader that goes back to what it released when the journal is opened anew. */
    private static final class Lane {
        private final DestinationId destination;
        private final Set<TableId> tables;
        private final double speed;
        private TransactionFeed feed;
        private long consumed;
        private long released;

        Lane(DestinationId destination, double speed, TransactionFeed feed, TableId... tables) {
            this.destination = destination;
            this.speed = speed;
            this.feed = feed;
            this.tables = Set.of(tables);
        }
    }

    private Random random = new Random();
    private LocalJournalSettings settings = LocalJournalSettings.defaults();
    private LocalJournal journal;
    private TrackJournal track;
    private TrackWriter writer;
    private final List<Committed> committed = new ArrayList<>();
    private final Map<Long, List<Streamed>> open = new HashMap<>();
    private final List<Lane> lanes = new ArrayList<>();
    private final Map<TableId, TableShape> shapes = new HashMap<>();
    private long position = 100;
    private long xid = 1000;
    private long reads;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void whateverIsDoneEachLaneReadsEveryCommitOnceAndInOrder(long seed) {
        play(seed, 4_000);
    }

    @ParameterizedTest
    @Tag("wide")
    @ValueSource(longs = {0})
    void whateverIsDoneForLongEachLaneReadsEveryCommitOnceAndInOrder(long ignored) {
        for (int i = 0; i < 20; i++) {
            directory = directory.resolve("again");
            committed.clear();
            lanes.clear();
            open.clear();
            play(System.nanoTime(), 20_000);
        }
    }

    private void play(long seed, int steps) {
        System.out.println("seed " + seed);
        random = new Random(seed);
        settings = TestSettings.withSegments(random.nextBoolean() ? 12 << 10 : 64 << 10);
        TABLES.forEach(table -> shapes.put(table, shape(table)));
        openJournal();
        lanes.add(lane(FIRST, 0.9, TABLES.get(0)));
        lanes.add(lane(FIRST, 0.5, TABLES.get(1)));
        lanes.add(lane(FIRST, 0.2, TABLES.get(2), TABLES.get(3)));
        lanes.add(lane(FIRST, 0.003, TABLES.get(4)));
        lanes.add(lane(SECOND, 0.9, TABLES.get(0)));
        lanes.add(lane(SECOND, 0.05, TABLES.get(1), TABLES.get(2)));
        subscribe();
        try {
            for (int i = 0; i < steps; i++) {
                step();
            }
            settle();
            for (Lane lane : lanes) {
                read(lane, Integer.MAX_VALUE);
                assertThat(next(lane)).as("left for " + lane.tables).isNull();
                release(lane);
            }
            writer.connected();
            await().until(() -> journal.bytesOnDisk() < 4L * settings.segmentSize().bytes());
            assertThat(reads).isGreaterThan(steps / 4);
        } finally {
            journal.close();
        }
    }

    private Lane lane(DestinationId destination, double speed, TableId... tables) {
        return new Lane(destination, speed, track.feed(Set.of(tables)), tables);
    }

    private void openJournal() {
        journal = LocalJournal.open(directory, settings, Faults.NONE);
        track = journal.track(Track.BULK);
        writer = track.writer();
        writer.connected();
    }

    private void subscribe() {
        for (Lane lane : lanes) {
            for (TableId table : lane.tables) {
                journal.subscribe(lane.destination, table);
            }
        }
        journal.subscriptionsComplete();
    }

    private void step() {
        int dice = random.nextInt(1000);
        if (dice < 450) {
            wholeTransaction();
        } else if (dice < 650) {
            streamedChunk();
        } else if (dice < 680) {
            abortSubtransaction();
        } else if (dice < 690) {
            abortWhole();
        } else if (dice < 730) {
            commitStreamed();
        } else if (dice < 735) {
            writer.connected();
            open.clear();
        } else if (dice < 740) {
            position += random.nextInt(10);
            writer.passed(lsn(position));
        } else if (dice < 780) {
            writer.flush();
        } else if (dice < 900) {
            Lane lane = any(lanes);
            if (random.nextDouble() < lane.speed) {
                read(lane, random.nextInt(40));
            }
        } else if (dice < 960) {
            release(any(lanes));
        } else if (dice < 970) {
            Lane lane = any(lanes);
            lane.feed.seek(after(lane.released));
            lane.consumed = lane.released;
        } else if (dice < 985) {
            probe();
        } else if (dice < 990) {
            newShape();
        } else if (dice < 993) {
            reopen();
        }
    }

    private void wholeTransaction() {
        long id = ++xid;
        List<Change> changes = new ArrayList<>();
        writer.begin(id);
        int count = random.nextInt(6);
        for (int i = 0; i < count; i++) {
            Change change = anyChange();
            changes.add(change);
            writer.change(
                    change.kind(), writer.shape(shapeOf(change.table())), payload(change.text()));
        }
        position += 1 + random.nextInt(50);
        writer.commit(lsn(position), committedAt(position));
        committed.add(new Committed(position, id, changes));
    }

    private void streamedChunk() {
        long id = open.isEmpty() || (open.size() < 4 && random.nextInt(5) == 0) ? ++xid : anyOpen();
        List<Streamed> changes = open.computeIfAbsent(id, each -> new ArrayList<>());
        int count = 1 + random.nextInt(10);
        for (int i = 0; i < count; i++) {
            long subxid = random.nextInt(3) == 0 ? id + random.nextInt(4) : id;
            Change change = anyChange();
            changes.add(new Streamed(subxid, change));
            writer.streamedChange(
                    id,
                    subxid,
                    change.kind(),
                    writer.shape(shapeOf(change.table())),
                    payload(change.text()));
        }
        xid = Math.max(xid, id + 4);
    }

    private void abortSubtransaction() {
        if (!open.isEmpty()) {
            long id = anyOpen();
            long subxid = id + 1 + random.nextInt(3);
            writer.streamAbort(id, subxid);
            Objects.requireNonNull(open.get(id)).removeIf(each -> each.subxid() == subxid);
        }
    }

    private void abortWhole() {
        if (!open.isEmpty()) {
            long id = anyOpen();
            writer.streamAbort(id, id);
            open.remove(id);
        }
    }

    private void commitStreamed() {
        if (!open.isEmpty()) {
            long id = anyOpen();
            position += 1 + random.nextInt(50);
            writer.streamCommit(id, lsn(position), committedAt(position));
            List<Change> changes =
                    Objects.requireNonNull(open.remove(id)).stream().map(Streamed::change).toList();
            committed.add(new Committed(position, id, changes));
        }
    }

    private void read(Lane lane, int atMost) {
        for (int i = 0; i < atMost; i++) {
            TransactionPart part = lane.feed.peek();
            if (part == null) {
                return;
            }
            Committed expected = next(lane);
            assertThat(expected).as("a commit that never was: %s", part).isNotNull();
            assertThat(show(part)).isEqualTo(Objects.requireNonNull(expected).show(lane.tables));
            assertThat(part.committedAt()).isEqualTo(committedAt(expected.end()));
            lane.feed.advance();
            lane.consumed = expected.end();
            reads++;
        }
    }

    /** The next commit the lane must see. */
    private @Nullable Committed next(Lane lane) {
        for (Committed each : committed.subList(firstAbove(lane.consumed), committed.size())) {
            if (!each.show(lane.tables).isEmpty()) {
                return each;
            }
        }
        return null;
    }

    private int firstAbove(long end) {
        int low = 0;
        int high = committed.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (committed.get(middle).end() <= end) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void release(Lane lane) {
        lane.released = lane.consumed;
        for (TableId table : lane.tables) {
            journal.release(lane.destination, table, lsn(lane.released));
        }
    }

    /** Somebody without rights reads from anywhere: all that is there, or a justified gap. */
    private void probe() {
        TableId table = any(TABLES);
        long from = random.nextLong(position + 1);
        TransactionFeed feed = track.feed(Set.of(table));
        Set<TableId> only = Set.of(table);
        try {
            feed.seek(after(from));
            long reached = from;
            for (TransactionPart part = feed.peek(); part != null; part = feed.peek()) {
                String shown = show(part);
                Committed expected = null;
                for (Committed each : committed.subList(firstAbove(reached), committed.size())) {
                    if (each.touches(table)) {
                        expected = each;
                        break;
                    }
                }
                assertThat(shown).isEqualTo(Objects.requireNonNull(expected).show(only));
                reached = expected.end();
                feed.advance();
            }
        } catch (JournalGapException gap) {
            assertThat(isFreeable(table, from)).as(gap.getMessage()).isTrue();
        }
    }

    /** Whether there is a change of the table above the position that nobody needs any more. */
    private boolean isFreeable(TableId table, long from) {
        long released =
                lanes.stream()
                        .filter(lane -> lane.tables.contains(table))
                        .mapToLong(lane -> lane.released)
                        .min()
                        .orElse(Long.MAX_VALUE);
        return committed.stream()
                .anyMatch(
                        each -> each.end() > from && each.end() <= released && each.touches(table));
    }

    private void newShape() {
        TableId table = any(TABLES);
        shapes.put(table, shape(table, "c" + random.nextInt(1000)));
    }

    private void settle() {
        writer.passed(lsn(position));
        writer.flush();
        await().until(() -> track.durableEnd().isAtOrAfter(lsn(position)));
    }

    private void reopen() {
        if (random.nextBoolean()) {
            settle();
        }
        journal.close();
        openJournal();
        assertThat(track.durableEnd().value()).isLessThanOrEqualTo(position);
        if (!committed.isEmpty()) {
            assertThat(track.durableEnd().isAtOrAfter(lsn(committed.getLast().end()))).isTrue();
        }
        open.clear();
        subscribe();
        for (Lane lane : lanes) {
            lane.feed = track.feed(lane.tables);
            lane.feed.seek(after(lane.released));
            lane.consumed = lane.released;
            release(lane);
        }
    }

    private Change anyChange() {
        int size =
                switch (random.nextInt(40)) {
                    case 0 -> 6_000;
                    case 1, 2, 3 -> 400;
                    default -> random.nextInt(30);
                };
        String text = Integer.toString(random.nextInt(1_000_000), 36) + "x".repeat(size);
        return new Change(any(TABLES), any(List.of(ChangeKind.values())), text);
    }

    private TableShape shapeOf(TableId table) {
        return Objects.requireNonNull(shapes.get(table));
    }

    private long anyOpen() {
        return any(List.copyOf(open.keySet()));
    }

    private <T> T any(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
