package io.tidetable.node.pgoutput;

import io.tidetable.model.Lsn;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** The primitive values of a pgoutput message, each read checks that it is there. */
final class MessageBytes {
    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private char type;

    void reset(ByteBuffer message) {
        buffer = message;
        type = '?';
        type = (char) (int8() & 0xFF);
    }

    char type() {
        return type;
    }

    byte int8() {
        need(1);
        return buffer.get();
    }

    int int16() {
        need(2);
        return buffer.getShort() & 0xFFFF;
    }

    int int32() {
        need(4);
        return buffer.getInt();
    }

    Lsn lsn() {
        need(8);
        return new Lsn(buffer.getLong());
    }

    /** Microseconds since 2000. */
    Instant time() {
        need(8);
        long micros = buffer.getLong();
        try {
            return POSTGRES_EPOCH.plus(micros, ChronoUnit.MICROS);
        } catch (DateTimeException | ArithmeticException e) {
            throw damaged("a time of " + micros + " microseconds", e);
        }
    }

    /** Text up to a zero byte. */
    String text() {
        int start = buffer.position();
        int end = start;
        while (end < buffer.limit() && buffer.get(end) != 0) {
            end++;
        }
        if (end == buffer.limit()) {
            throw damaged("a text does not end");
        }
        try {
            String text = decoder.decode(buffer.slice(start, end - start)).toString();
            buffer.position(end + 1);
            return text;
        } catch (CharacterCodingException e) {
            throw damaged("a text is not UTF-8", e);
        }
    }

    int left() {
        return buffer.remaining();
    }

    /** What is left, as the buffer itself. */
    ByteBuffer rest() {
        return buffer;
    }

    void need(int bytes) {
        if (buffer.remaining() < bytes) {
            throw damaged(
                    "%d more bytes are expected, %d are left".formatted(bytes, buffer.remaining()));
        }
    }

    void end() {
        if (buffer.hasRemaining()) {
            throw damaged(buffer.remaining() + " bytes follow its end");
        }
    }

    DamagedMessageException damaged(String what) {
        return damaged(what, null);
    }

    DamagedMessageException damaged(String what, @Nullable Exception cause) {
        return new DamagedMessageException(
                "%s (message '%s', byte %d of %d)"
                        .formatted(what, printable(), buffer.position(), buffer.limit()),
                cause);
    }

    private String printable() {
        return type > ' ' && type < 127 ? String.valueOf(type) : "byte " + (int) type;
    }
}
