package io.tidetable.node.journal.local;

import static io.tidetable.node.journal.JournalFixture.CLICKS;
import static io.tidetable.node.journal.JournalFixture.ORDERS;
import static io.tidetable.node.journal.JournalFixture.after;
import static io.tidetable.node.journal.JournalFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TransactionFeed;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever point a process dies at, what it reported durable is there, once and in order. */
@Tag("slow")
class LocalJournalCrashTest {
    private static final long SEED = 20261121;

    @TempDir private Path directory;
    private long durable;
    private long clicksDone;
    private long ordersDone;

    @Test
    void aKilledProcessLosesNothingItReportedDurable() throws Exception {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        List<FaultPoint> points =
                List.of(
                        FaultPoint.JOURNAL_APPENDED,
                        FaultPoint.SEGMENT_SEALED,
                        FaultPoint.SEGMENT_COMPACTED,
                        FaultPoint.JOURNAL_SYNCED,
                        FaultPoint.SEGMENT_DELETED);
        for (int round = 0; round < 2; round++) {
            for (FaultPoint point : points) {
                crashAt(point, countdown(point, random));
                check(point);
            }
        }
        assertThat(durable).isGreaterThan(2_000);
        assertThat(clicksDone).isGreaterThan(1_000);
    }

    private static int countdown(FaultPoint point, Random random) {
        boolean rare = point == FaultPoint.SEGMENT_COMPACTED || point == FaultPoint.SEGMENT_DELETED;
        return 1 + random.nextInt(rare ? 6 : point == FaultPoint.SEGMENT_SEALED ? 30 : 300);
    }

    private void crashAt(FaultPoint point, int countdown) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                CrashingJournal.class.getName(),
                                directory.toString(),
                                point.name(),
                                Integer.toString(countdown),
                                Long.toString(clicksDone),
                                Long.toString(ordersDone))
                        .redirectErrorStream(true)
                        .start();
        List<String> rest = new ArrayList<>();
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                hear(line, rest);
            }
        }
        assertThat(process.waitFor()).as("%s %d: %s", point, countdown, rest).isEqualTo(137);
    }

    private void hear(String line, List<String> rest) {
        if (line.startsWith("durable ")) {
            durable = number(line);
        } else if (line.startsWith("progress clicks ")) {
            clicksDone = number(line);
        } else if (line.startsWith("progress orders ")) {
            ordersDone = number(line);
        } else {
            rest.add(line);
        }
    }

    private static long number(String line) {
        return Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
    }

    private void check(FaultPoint point) {
        try (LocalJournal journal = CrashingJournal.open(directory, Faults.NONE)) {
            TrackJournal track = journal.track(Track.BULK);
            long end = track.durableEnd().value();
            assertThat(end).as("%s", point).isGreaterThanOrEqualTo(durable);
            durable = end;
            assertLane(track, CLICKS, clicksDone, end);
            assertLane(track, ORDERS, ordersDone, end);
        }
    }

    private static void assertLane(TrackJournal track, TableId table, long done, long end) {
        TransactionFeed feed = track.feed(Set.of(table));
        feed.seek(after(done));
        List<String> expected = new ArrayList<>();
        for (long n = done + 1; n <= end; n++) {
            String part = CrashingJournal.expected(n, table);
            if (!part.isEmpty()) {
                expected.add(part);
            }
        }
        assertThat(readAll(feed)).isEqualTo(expected);
    }
}
