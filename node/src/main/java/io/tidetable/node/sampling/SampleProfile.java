package io.tidetable.node.sampling;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** What a sample shows of a table at one time: the baseline, or a window to compare with it. */
public record SampleProfile(List<ColumnProfile> columns) {
    private static final byte VERSION = 1;

    public SampleProfile {
        columns = List.copyOf(columns);
    }

    /** Its bytes, for {@link #parse}. */
    public byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeInt(columns.size());
            for (ColumnProfile column : columns) {
                column.write(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #bytes} wrote.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static SampleProfile parse(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readByte() != VERSION) {
                throw new IllegalArgumentException("a baseline of another version");
            }
            int count = in.readInt();
            List<ColumnProfile> columns = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                columns.add(ColumnProfile.read(in));
            }
            return new SampleProfile(columns);
        } catch (IOException e) {
            throw new IllegalArgumentException("a baseline that is cut off", e);
        }
    }
}
