package io.tidetable.node.types;

import io.tidetable.model.TidetableException;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;

/**
 * Walks PostgreSQL's binary forms and rewrites the OIDs in them, in place. Every layout below is
 * what the type's send function writes, in network byte order.
 *
 * <ul>
 *   <li>array: dimensions, flags, <b>element OID</b>, (length, lower bound) per dimension, then
 *       elements, each with its length in front, -1 for NULL
 *   <li>composite: number of fields, then per field its <b>type OID</b>, length and bytes
 *   <li>range: flags, then the bounds that exist, each with its length
 *   <li>multirange: number of ranges, then each with its length
 * </ul>
 */
final class BinaryForm {
    private static final int MAXIMUM_DIMENSIONS = 6;
    private static final int RANGE_EMPTY = 0x01;
    private static final int NO_LOWER_BOUND = 0x08 | 0x20;
    private static final int NO_UPPER_BOUND = 0x10 | 0x40;

    private final IntUnaryOperator destinationOid;
    private final IntFunction<ValueTranslator> translators;

    /**
     * @param destinationOid the destination's OID for a source's
     * @param translators by source OID
     */
    BinaryForm(IntUnaryOperator destinationOid, IntFunction<ValueTranslator> translators) {
        this.destinationOid = destinationOid;
        this.translators = translators;
    }

    /** A walker over values of one kind. */
    @FunctionalInterface
    private interface Walk {
        void over(ByteBuffer value);
    }

    ValueTranslator array() {
        return translator("array", this::array);
    }

    ValueTranslator composite() {
        return translator("composite", this::composite);
    }

    ValueTranslator range(ValueTranslator subtype) {
        return translator("range", value -> range(value, subtype));
    }

    ValueTranslator multirange(ValueTranslator range) {
        return translator("multirange", value -> items(value, value.getInt(), range));
    }

    private static ValueTranslator translator(String kind, Walk walk) {
        return new ValueTranslator() {
            @Override
            public boolean isIdentity() {
                return false;
            }

            @Override
            public void rewrite(byte[] bytes, int offset, int length) {
                try {
                    ByteBuffer value = ByteBuffer.wrap(bytes, offset, length);
                    walk.over(value);
                    if (value.hasRemaining()) {
                        throw malformed(kind, value.remaining() + " bytes are left over", null);
                    }
                } catch (java.nio.BufferUnderflowException
                        | IllegalArgumentException
                        | ArithmeticException e) {
                    throw malformed(kind, "it ends too early or states a wrong length", e);
                }
            }
        };
    }

    private static TidetableException malformed(
            String kind, String reason, @org.jspecify.annotations.Nullable Throwable cause) {
        return new TidetableException(
                "TT-443",
                "the bytes are not a binary %s as PostgreSQL sends it: %s".formatted(kind, reason),
                cause);
    }

    private void array(ByteBuffer value) {
        int dimensions = value.getInt();
        if (dimensions < 0 || dimensions > MAXIMUM_DIMENSIONS) {
            throw new IllegalArgumentException("dimensions: " + dimensions);
        }
        value.getInt();
        ValueTranslator element = rewriteOid(value);
        long count = dimensions == 0 ? 0 : 1;
        for (int i = 0; i < dimensions; i++) {
            count *= value.getInt();
            value.getInt();
        }
        if (element.isIdentity()) {
            value.position(value.limit());
            return;
        }
        items(value, count, element);
    }

    private void composite(ByteBuffer value) {
        int fields = value.getInt();
        for (int i = 0; i < fields; i++) {
            item(value, rewriteOid(value));
        }
    }

    private static void range(ByteBuffer value, ValueTranslator subtype) {
        int flags = value.get();
        if ((flags & RANGE_EMPTY) != 0) {
            return;
        }
        if ((flags & NO_LOWER_BOUND) == 0) {
            item(value, subtype);
        }
        if ((flags & NO_UPPER_BOUND) == 0) {
            item(value, subtype);
        }
    }

    private static void items(ByteBuffer value, long count, ValueTranslator translator) {
        for (long i = 0; i < count; i++) {
            item(value, translator);
        }
    }

    private static void item(ByteBuffer value, ValueTranslator translator) {
        int length = value.getInt();
        if (length < 0) {
            return;
        }
        int start = value.position();
        value.position(Math.addExact(start, length));
        if (!translator.isIdentity()) {
            translator.rewrite(value.array(), value.arrayOffset() + start, length);
        }
    }

    private ValueTranslator rewriteOid(ByteBuffer value) {
        int oid = value.getInt();
        value.putInt(value.position() - Integer.BYTES, destinationOid.applyAsInt(oid));
        return translators.apply(oid);
    }
}
