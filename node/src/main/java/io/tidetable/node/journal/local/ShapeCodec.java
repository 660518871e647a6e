package io.tidetable.node.journal.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidetable.model.Column;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A table shape as bytes. */
final class ShapeCodec {
    private ShapeCodec() {}

    static byte[] encode(TableShape shape) {
        GrowingBytes bytes = new GrowingBytes(256);
        bytes.counted(shape.table().namespace().getBytes(UTF_8));
        bytes.counted(shape.table().name().getBytes(UTF_8));
        bytes.varint(Integer.toUnsignedLong(shape.relationOid()));
        bytes.one(shape.identity().code());
        bytes.varint(shape.columns().size());
        for (Column column : shape.columns()) {
            bytes.counted(column.name().getBytes(UTF_8));
            bytes.varint(Integer.toUnsignedLong(column.typeOid()));
            bytes.signed(column.typeModifier());
            bytes.one(column.inIdentity() ? 1 : 0);
        }
        return bytes.copy();
    }

    static TableShape decode(byte[] encoded) {
        VarintReader bytes = new VarintReader(ByteBuffer.wrap(encoded), 0);
        TableId table =
                new TableId(new String(bytes.counted(), UTF_8), new String(bytes.counted(), UTF_8));
        int relationOid = bytes.integer();
        ReplicaIdentity identity = ReplicaIdentity.of((char) bytes.one());
        int count = bytes.integer();
        List<Column> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            columns.add(
                    new Column(
                            new String(bytes.counted(), UTF_8),
                            bytes.integer(),
                            (int) bytes.signed(),
                            bytes.one() != 0));
        }
        return new TableShape(table, relationOid, identity, columns);
    }
}
