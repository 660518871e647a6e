package io.tidetable.node.apply;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGBinaryObject;
import org.postgresql.util.PGobject;

/** A value's binary form, on its way into a statement's parameter as it is. */
final class WireValue extends PGobject implements PGBinaryObject {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    /**
     * A value of a type.
     *
     * @param type as the driver looks it up
     * @param bytes at least one: the driver takes an empty value for NULL
     */
    WireValue(String type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    @Override
    public void setByteValue(byte[] value, int offset) {
        throw new UnsupportedOperationException("it only travels to the server");
    }

    @Override
    public int lengthInBytes() {
        return bytes.length;
    }

    @Override
    public void toBytes(byte[] target, int offset) {
        System.arraycopy(bytes, 0, target, offset, bytes.length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WireValue value
                && type.equals(value.type)
                && Arrays.equals(bytes, value.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public Object clone() throws CloneNotSupportedException {
        return super.clone();
    }
}
