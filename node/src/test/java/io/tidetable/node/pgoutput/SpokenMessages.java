package io.tidetable.node.pgoutput;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableShape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a parser says, one line for each call; reads rows to their last byte. */
final class SpokenMessages implements PgOutputHandler {
    final List<String> lines = new ArrayList<>();
    private final TupleReader tuples = new TupleReader();
    private final RowChecker rows = new RowChecker();

    @Override
    public void begin(Lsn commit, Instant committedAt, int xid) {
        lines.add("begin");
    }

    @Override
    public void commit(Lsn commit, Lsn commitEnd, Instant committedAt) {
        lines.add("commit");
    }

    @Override
    public void relation(int xid, TableShape shape) {
        lines.add("relation " + shape.table() + streamed(xid));
    }

    @Override
    public void insert(int xid, int relationOid, ByteBuffer payload) {
        rows.insert(payload, columns(payload));
        lines.add("insert " + row(payload) + streamed(xid));
    }

    @Override
    public void update(int xid, int relationOid, ByteBuffer payload) {
        rows.update(payload, columns(payload));
        lines.add("update " + row(payload) + streamed(xid));
    }

    @Override
    public void delete(int xid, int relationOid, ByteBuffer payload) {
        rows.delete(payload, columns(payload));
        lines.add("delete " + row(payload) + streamed(xid));
    }

    @Override
    public void truncate(int xid, int[] relationOids, ByteBuffer options) {
        lines.add(
                "truncate of %d, options %d%s"
                        .formatted(relationOids.length, options.get(), streamed(xid)));
    }

    @Override
    public void message(
            int xid, boolean transactional, Lsn position, String prefix, ByteBuffer content) {
        lines.add(
                "message %s %s %s%s"
                        .formatted(
                                transactional ? "transactional" : "loose",
                                prefix,
                                StandardCharsets.UTF_8.decode(content),
                                streamed(xid)));
    }

    @Override
    public void streamStart(int xid, boolean first) {
        lines.add("stream start" + (first ? " first" : ""));
    }

    @Override
    public void streamStop() {
        lines.add("stream stop");
    }

    @Override
    public void streamCommit(int xid, Lsn commit, Lsn commitEnd, Instant committedAt) {
        lines.add("stream commit");
    }

    @Override
    public void streamAbort(int xid, int subxid) {
        lines.add(xid == subxid ? "stream abort" : "stream abort of a part");
    }

    private static int columns(ByteBuffer payload) {
        return payload.remaining() < 3 ? 0 : payload.getShort(payload.position() + 1) & 0xFFFF;
    }

    private static String streamed(int xid) {
        return xid == 0 ? "" : " streamed";
    }

    /** Kinds and lengths of its columns: {@code N(b4 t3 n u)}. */
    private String row(ByteBuffer payload) {
        StringBuilder row = new StringBuilder();
        tuples.reset(payload);
        while (tuples.nextTuple()) {
            row.append(tuples.tuple()).append('(');
            for (int i = 0; tuples.next(); i++) {
                row.append(i == 0 ? "" : " ").append(tuples.kind());
                if (tuples.length() > 0) {
                    row.append(tuples.length());
                }
            }
            row.append(')');
        }
        return row.toString();
    }
}
