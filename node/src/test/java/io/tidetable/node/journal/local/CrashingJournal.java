package io.tidetable.node.journal.local;

import static io.tidetable.node.journal.JournalFixture.CLICKS;
import static io.tidetable.node.journal.JournalFixture.ORDERS;
import static io.tidetable.node.journal.JournalFixture.after;
import static io.tidetable.node.journal.JournalFixture.committedAt;
import static io.tidetable.node.journal.JournalFixture.lsn;
import static io.tidetable.node.journal.JournalFixture.payload;
import static io.tidetable.node.journal.JournalFixture.shape;
import static io.tidetable.node.journal.JournalFixture.show;
import static io.tidetable.node.journal.JournalFixture.stream;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import java.nio.file.Path;
import java.util.Set;

/**
 * A process that writes, reads and frees a journal until a fault point ends it. Transaction n is
 * always the same one; as a source would, it sends everything behind the journal's durable end.
 */
final class CrashingJournal {
    static final DestinationId REPORTING = new DestinationId("reporting");

    /** How far, in transactions, the orders' lane is behind. */
    private static final int LAG = 1_500;

    private static final String ROW = "r".repeat(100);

    private CrashingJournal() {}

    static LocalJournal open(Path directory, Faults faults) {
        LocalJournal journal =
                LocalJournal.open(directory, TestSettings.withSegments(16 << 10), faults);
        journal.subscribe(REPORTING, ORDERS);
        journal.subscribe(REPORTING, CLICKS);
        return journal;
    }

    /** Arguments: directory, fault point, countdown, the lanes' progress on clicks and orders. */
    public static void main(String[] arguments) {
        Faults faults =
                Faults.haltAt(FaultPoint.valueOf(arguments[1]), Integer.parseInt(arguments[2]));
        long clicksDone = Long.parseLong(arguments[3]);
        long ordersDone = Long.parseLong(arguments[4]);
        LocalJournal journal = open(Path.of(arguments[0]), faults);
        journal.subscriptionsComplete();
        TrackJournal track = journal.track(Track.BULK);
        TransactionFeed clicks = track.feed(Set.of(CLICKS));
        clicks.seek(after(clicksDone));
        TransactionFeed orders = track.feed(Set.of(ORDERS));
        orders.seek(after(ordersDone));
        TrackWriter writer = track.writer();
        writer.connected();
        long first = track.durableEnd().value() + 1;
        for (long n = first; n < first + 4; n++) {
            if (isStreamed(n)) {
                firstHalf(writer, n);
            }
        }
        for (long n = first; n < first + 100_000; n++) {
            write(writer, n, n + 4 >= first + 4 && isStreamed(n + 4));
            if (n % 10 == 0) {
                writer.flush();
                System.out.println("durable " + track.durableEnd().value());
            }
            if (n % 50 == 0) {
                clicksDone = read(journal, CLICKS, clicks, clicksDone, n);
                ordersDone = read(journal, ORDERS, orders, ordersDone, n - LAG);
            }
        }
        System.out.println("never ended");
    }

    private static long read(
            LocalJournal journal, TableId table, TransactionFeed feed, long done, long upTo) {
        long last = done;
        for (TransactionPart part = feed.peek(); part != null; part = feed.peek()) {
            long position = part.position().commitEnd().value();
            if (position > upTo) {
                break;
            }
            String expected = expected(position, table);
            if (!show(part).equals(expected) || hasBetween(last, position, table)) {
                System.out.println("wrong after " + last + ": " + show(part));
                Runtime.getRuntime().halt(3);
            }
            last = position;
            feed.advance();
        }
        if (last > done) {
            System.out.println("progress " + table.name() + " " + last);
            journal.release(REPORTING, table, lsn(last));
        }
        return last;
    }

    private static boolean hasBetween(long from, long to, TableId table) {
        for (long n = from + 1; n < to; n++) {
            if (!expected(n, table).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private static boolean isStreamed(long n) {
        return n % 7 == 0;
    }

    private static void write(TrackWriter writer, long n, boolean beginsAnother) {
        if (beginsAnother) {
            firstHalf(writer, n + 4);
        }
        if (isStreamed(n)) {
            stream(writer, 1_000 + 10 * n, 1_000 + 10 * n, CLICKS, "second" + n + ROW);
            writer.streamCommit(1_000 + 10 * n, lsn(n), committedAt(n));
        } else {
            TableId table = n % 20 == 0 ? ORDERS : CLICKS;
            writer.begin(1_000 + 10 * n);
            writer.change(
                    ChangeKind.INSERT, writer.shape(shape(table)), payload("whole" + n + ROW));
            writer.commit(lsn(n), committedAt(n));
        }
    }

    private static void firstHalf(TrackWriter writer, long n) {
        long xid = 1_000 + 10 * n;
        stream(writer, xid, xid, CLICKS, "first" + n + ROW);
        stream(writer, xid, xid + 1, ORDERS, "aborted" + n + ROW);
        stream(writer, xid, xid + 2, ORDERS, "kept" + n + ROW);
        writer.streamAbort(xid, xid + 1);
    }

    /** What a feed of the table shows of transaction n, empty for nothing. */
    static String expected(long n, TableId table) {
        String head = n + "/" + (1_000 + 10 * n) + " ";
        boolean orders = table.equals(ORDERS);
        if (isStreamed(n)) {
            return head
                    + (orders
                            ? "orders+kept" + n + ROW
                            : "clicks+first%d%s clicks+second%d%s".formatted(n, ROW, n, ROW));
        }
        if (orders != (n % 20 == 0)) {
            return "";
        }
        return head + table.name() + "+whole" + n + ROW;
    }
}
