package io.tidetable.node.pgoutput;

import io.tidetable.model.Column;
import io.tidetable.model.Lsn;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the messages of one replication connection, protocol versions 1 to 4 without two-phase
 * commit, and hands them to a {@link PgOutputHandler}. Row changes are handed over without being
 * copied or looked into; {@link RowChecker} and {@link TupleReader} do that.
 *
 * <p>It remembers whether a stream block is open, because messages inside carry a transaction id:
 * one parser per connection, and none after a {@link DamagedMessageException}. Not thread-safe.
 *
 * <p>Layout: PostgreSQL documentation, "Logical Replication Message Formats".
 */
public final class PgOutputParser {
    /** PostgreSQL's limit of columns in a table. */
    private static final int MOST_COLUMNS = 1600;

    private static final byte TRANSACTIONAL = 1;
    private static final byte IN_IDENTITY = 1;

    private final MessageBytes bytes = new MessageBytes();
    private boolean streaming;

    /**
     * Reads one whole message.
     *
     * @param message from its position to its limit; its position moves
     * @throws DamagedMessageException when it is not a message that pgoutput writes
     */
    public void parse(ByteBuffer message, PgOutputHandler handler) {
        bytes.reset(message);
        switch (bytes.type()) {
            case 'I' -> handler.insert(streamedXid(), relationOid(), row('N'));
            case 'U' -> handler.update(streamedXid(), relationOid(), row('N', 'K', 'O'));
            case 'D' -> handler.delete(streamedXid(), relationOid(), row('K', 'O'));
            case 'B' -> begin(handler);
            case 'C' -> commit(handler);
            case 'R' -> relation(handler);
            case 'Y' -> type();
            case 'O' -> origin();
            case 'T' -> truncate(handler);
            case 'M' -> message(handler);
            case 'S' -> streamStart(handler);
            case 'E' -> streamStop(handler);
            case 'c' -> streamCommit(handler);
            case 'A' -> streamAbort(handler);
            default -> throw bytes.damaged("its type is unknown");
        }
    }

    private int streamedXid() {
        return streaming ? xid() : 0;
    }

    private int xid() {
        int xid = bytes.int32();
        if (xid == 0) {
            throw bytes.damaged("a transaction id of 0");
        }
        return xid;
    }

    private int relationOid() {
        int oid = bytes.int32();
        if (oid == 0) {
            throw bytes.damaged("a relation id of 0");
        }
        return oid;
    }

    private ByteBuffer row(char... starts) {
        bytes.need(1);
        ByteBuffer rest = bytes.rest();
        int first = rest.get(rest.position());
        for (char start : starts) {
            if (first == start) {
                return rest;
            }
        }
        throw bytes.damaged("a row begins with byte " + first);
    }

    private void begin(PgOutputHandler handler) {
        outsideStream();
        Lsn commit = bytes.lsn();
        Instant committedAt = bytes.time();
        int xid = xid();
        bytes.end();
        handler.begin(commit, committedAt, xid);
    }

    private void commit(PgOutputHandler handler) {
        outsideStream();
        bytes.int8();
        Lsn commit = bytes.lsn();
        Lsn commitEnd = bytes.lsn();
        Instant committedAt = bytes.time();
        bytes.end();
        handler.commit(commit, commitEnd, committedAt);
    }

    private void relation(PgOutputHandler handler) {
        int xid = streamedXid();
        int oid = relationOid();
        String namespace = bytes.text();
        String name = bytes.text();
        if (name.isEmpty()) {
            throw bytes.damaged("a relation without a name");
        }
        ReplicaIdentity identity = identity();
        int count = bytes.int16();
        if (count > MOST_COLUMNS) {
            throw bytes.damaged("a relation of " + count + " columns");
        }
        List<Column> columns = new ArrayList<>(Math.min(count, bytes.left()));
        for (int i = 0; i < count; i++) {
            byte flags = bytes.int8();
            String column = bytes.text();
            int type = bytes.int32();
            int modifier = bytes.int32();
            columns.add(new Column(column, type, modifier, (flags & IN_IDENTITY) != 0));
        }
        bytes.end();
        // An empty namespace stands for pg_catalog.
        TableId table = new TableId(namespace.isEmpty() ? "pg_catalog" : namespace, name);
        handler.relation(xid, new TableShape(table, oid, identity, columns));
    }

    private ReplicaIdentity identity() {
        char code = (char) (bytes.int8() & 0xFF);
        try {
            return ReplicaIdentity.of(code);
        } catch (IllegalArgumentException e) {
            throw bytes.damaged("a replica identity of " + (int) code, e);
        }
    }

    /** Names of types are not needed: both sides are asked for their own catalog. */
    private void type() {
        streamedXid();
        bytes.int32();
        bytes.text();
        bytes.text();
        bytes.end();
    }

    /** Where a change came from before it came to the source does not matter. */
    private void origin() {
        bytes.lsn();
        bytes.text();
        bytes.end();
    }

    private void truncate(PgOutputHandler handler) {
        int xid = streamedXid();
        int count = bytes.int32();
        bytes.need(1);
        ByteBuffer rest = bytes.rest();
        ByteBuffer options = rest.slice(rest.position(), 1);
        bytes.int8();
        if (count < 0 || count > bytes.left() / Integer.BYTES) {
            throw bytes.damaged(
                    "a truncate of %d tables in %d bytes".formatted(count, bytes.left()));
        }
        int[] oids = new int[count];
        for (int i = 0; i < count; i++) {
            oids[i] = relationOid();
        }
        bytes.end();
        handler.truncate(xid, oids, options);
    }

    private void message(PgOutputHandler handler) {
        int xid = streamedXid();
        boolean transactional = (bytes.int8() & TRANSACTIONAL) != 0;
        Lsn position = bytes.lsn();
        String prefix = bytes.text();
        int length = bytes.int32();
        if (length != bytes.left()) {
            throw bytes.damaged(
                    "a content of %d bytes, %d are left".formatted(length, bytes.left()));
        }
        handler.message(xid, transactional, position, prefix, bytes.rest());
    }

    private void streamStart(PgOutputHandler handler) {
        outsideStream();
        int xid = xid();
        boolean first = bytes.int8() != 0;
        bytes.end();
        streaming = true;
        handler.streamStart(xid, first);
    }

    private void streamStop(PgOutputHandler handler) {
        if (!streaming) {
            throw bytes.damaged("no stream block is open");
        }
        bytes.end();
        streaming = false;
        handler.streamStop();
    }

    private void streamCommit(PgOutputHandler handler) {
        outsideStream();
        int xid = xid();
        bytes.int8();
        Lsn commit = bytes.lsn();
        Lsn commitEnd = bytes.lsn();
        Instant committedAt = bytes.time();
        bytes.end();
        handler.streamCommit(xid, commit, commitEnd, committedAt);
    }

    private void streamAbort(PgOutputHandler handler) {
        outsideStream();
        int xid = xid();
        int subxid = xid();
        if (bytes.left() > 0) {
            // Only with streaming=parallel: where and when it rolled back.
            bytes.lsn();
            bytes.time();
        }
        bytes.end();
        handler.streamAbort(xid, subxid);
    }

    private void outsideStream() {
        if (streaming) {
            throw bytes.damaged("a stream block is still open");
        }
    }
}
