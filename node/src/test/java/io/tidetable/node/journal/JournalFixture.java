package io.tidetable.node.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidetable.model.Column;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The tables all journal tests write, and changes as short texts. */
public final class JournalFixture {
    public static final TableId ORDERS = new TableId("public", "orders");
    public static final TableId CLICKS = new TableId("public", "clicks");
    public static final TableId AUDIT_LOG = new TableId("public", "audit_log");

    private JournalFixture() {}

    public static TableShape shape(TableId table, String... columns) {
        List<Column> all = new ArrayList<>();
        all.add(new Column("id", 20, -1, true));
        for (String column : columns) {
            all.add(new Column(column, 25, -1, false));
        }
        return new TableShape(table, 16384 + table.hashCode() % 1000, ReplicaIdentity.DEFAULT, all);
    }

    public static ByteBuffer payload(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    public static String text(ByteBuffer payload) {
        byte[] bytes = new byte[payload.remaining()];
        payload.duplicate().get(bytes);
        return new String(bytes, UTF_8);
    }

    public static Lsn lsn(long position) {
        return new Lsn(position);
    }

    public static Position after(long position) {
        return new Position(lsn(position), 0);
    }

    /** A commit time that can be told from the position. */
    public static Instant committedAt(long position) {
        return Instant.parse("2026-11-21T08:00:00Z").plusNanos(position * 1_000);
    }

    /** A transaction that arrives whole and inserts the texts. */
    public static void insert(
            TrackWriter writer, long xid, long commitEnd, TableId table, String... texts) {
        writer.begin(xid);
        int shape = writer.shape(shape(table));
        for (String each : texts) {
            writer.change(ChangeKind.INSERT, shape, payload(each));
        }
        writer.commit(lsn(commitEnd), committedAt(commitEnd));
    }

    /** A streamed insert. */
    public static void stream(
            TrackWriter writer, long xid, long subxid, TableId table, String text) {
        writer.streamedChange(
                xid, subxid, ChangeKind.INSERT, writer.shape(shape(table)), payload(text));
    }

    /** One part as text: {@code 100/7 orders+a clicks+b}. */
    public static String show(TransactionPart part) {
        StringBuilder shown = new StringBuilder();
        shown.append(part.position().commitEnd().value()).append('/').append(part.position().xid());
        ChangeCursor changes = part.changes();
        while (changes.next()) {
            String sign =
                    switch (changes.kind()) {
                        case INSERT -> "+";
                        case UPDATE -> "~";
                        case DELETE -> "-";
                        case TRUNCATE -> "!";
                    };
            shown.append(' ').append(changes.shape().table().name()).append(sign);
            shown.append(text(changes.payload()));
        }
        return shown.toString();
    }

    /** Everything the feed has to show now. */
    public static List<String> readAll(TransactionFeed feed) {
        List<String> shown = new ArrayList<>();
        for (TransactionPart part = feed.peek(); part != null; part = feed.peek()) {
            shown.add(show(part));
            feed.advance();
        }
        return shown;
    }
}
