package io.tidetable.node.apply;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.pgoutput.PgOutputHandler;
import io.tidetable.node.pgoutput.PgOutputParser;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a real source's logical decoding says, kept in memory as the journal would give it out. */
final class SourceChanges implements AutoCloseable {
    private static final String TAKE =
            """
            SELECT data FROM pg_catalog.pg_logical_slot_get_binary_changes(?, NULL, NULL,
                'proto_version', '2', 'publication_names', ?, 'binary', ?)
            """;

    private final Connection connection;
    private final String slot;
    private final boolean binary;
    private final Map<TableShape, TableShape> shapes = new HashMap<>();

    private SourceChanges(Connection connection, String slot, boolean binary) {
        this.connection = connection;
        this.slot = slot;
        this.binary = binary;
    }

    /** A change of a row, as a journal would keep it. */
    record Entry(ChangeKind kind, TableShape shape, ByteBuffer payload) {}

    /** A transaction in memory. */
    record Part(Position position, Instant committedAt, List<Entry> entries)
            implements TransactionPart {
        @Override
        public long bytes() {
            return entries.stream().mapToLong(entry -> entry.payload().remaining()).sum();
        }

        @Override
        public ChangeCursor changes() {
            return new ChangeCursor() {
                private int at = -1;

                @Override
                public boolean next() {
                    return ++at < entries.size();
                }

                @Override
                public ChangeKind kind() {
                    return entries.get(at).kind();
                }

                @Override
                public TableShape shape() {
                    return entries.get(at).shape();
                }

                @Override
                public ByteBuffer payload() {
                    return entries.get(at).payload().duplicate();
                }
            };
        }

        /** The part of it that concerns one table. */
        Part of(TableId table) {
            return new Part(
                    position,
                    committedAt,
                    entries.stream().filter(e -> e.shape().table().equals(table)).toList());
        }
    }

    /** Begins with a new publication of everything and a new slot, both of that name. */
    static SourceChanges begin(Connection connection, String name, boolean binary)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE PUBLICATION " + name + " FOR ALL TABLES");
            statement.execute(
                    "SELECT pg_catalog.pg_create_logical_replication_slot('%s', 'pgoutput')"
                            .formatted(name));
        }
        return new SourceChanges(connection, name, binary);
    }

    /** All transactions with changes since the last call. */
    List<Part> take() throws SQLException {
        Collector collector = new Collector();
        PgOutputParser parser = new PgOutputParser();
        try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
            statement.setString(1, slot);
            statement.setString(2, slot);
            statement.setString(3, binary ? "true" : "false");
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    parser.parse(ByteBuffer.wrap(row.getBytes(1)).asReadOnlyBuffer(), collector);
                }
            }
        }
        return collector.parts;
    }

    @Override
    public void close() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_catalog.pg_drop_replication_slot('%s')".formatted(slot));
        }
        connection.close();
    }

    private final class Collector implements PgOutputHandler {
        private final List<Part> parts = new ArrayList<>();
        private final Map<Integer, TableShape> relations = new HashMap<>();
        private List<Entry> entries = new ArrayList<>();
        private int transaction;

        @Override
        public void begin(Lsn commit, Instant committedAt, int xid) {
            entries = new ArrayList<>();
            transaction = xid;
        }

        @Override
        public void commit(Lsn commit, Lsn commitEnd, Instant committedAt) {
            if (!entries.isEmpty()) {
                parts.add(
                        new Part(
                                new Position(commitEnd, Integer.toUnsignedLong(transaction)),
                                committedAt,
                                entries));
            }
        }

        @Override
        public void relation(int xid, TableShape shape) {
            relations.put(shape.relationOid(), shapes.computeIfAbsent(shape, _ -> shape));
        }

        private void add(ChangeKind kind, int relationOid, ByteBuffer payload) {
            byte[] bytes = new byte[payload.remaining()];
            payload.get(bytes);
            TableShape shape = relations.get(relationOid);
            if (shape == null) {
                throw new IllegalStateException("no shape for " + relationOid);
            }
            entries.add(new Entry(kind, shape, ByteBuffer.wrap(bytes).asReadOnlyBuffer()));
        }

        @Override
        public void insert(int xid, int relationOid, ByteBuffer payload) {
            add(ChangeKind.INSERT, relationOid, payload);
        }

        @Override
        public void update(int xid, int relationOid, ByteBuffer payload) {
            add(ChangeKind.UPDATE, relationOid, payload);
        }

        @Override
        public void delete(int xid, int relationOid, ByteBuffer payload) {
            add(ChangeKind.DELETE, relationOid, payload);
        }

        @Override
        public void truncate(int xid, int[] relationOids, ByteBuffer options) {
            for (int oid : relationOids) {
                add(ChangeKind.TRUNCATE, oid, options.duplicate());
            }
        }

        @Override
        public void message(
                int xid, boolean transactional, Lsn position, String prefix, ByteBuffer content) {}

        @Override
        public void streamStart(int xid, boolean first) {
            throw new IllegalStateException("streaming was not asked for");
        }

        @Override
        public void streamStop() {}

        @Override
        public void streamCommit(int xid, Lsn commit, Lsn commitEnd, Instant committedAt) {}

        @Override
        public void streamAbort(int xid, int subxid) {}
    }
}
