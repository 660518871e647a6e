package io.tidetable.node.strategy;

import io.tidetable.node.functional.RowCondition.Literal;
import io.tidetable.node.functional.RowCondition.Operator;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * How values of a column are compared outside the database: exactly as PostgreSQL does, or not at
 * all. A value is what {@link #read} makes of its binary form; values of a kind compare with each
 * other.
 */
public enum ValueKind {
    /** int2, int4, int8, oid. */
    WHOLE {
        @Override
        Comparable<?> read(ByteBuffer bytes) {
            BigInteger number =
                    switch (bytes.remaining()) {
                        case 2 -> BigInteger.valueOf(bytes.getShort(bytes.position()));
                        case 4 -> BigInteger.valueOf(bytes.getInt(bytes.position()));
                        case 8 -> BigInteger.valueOf(bytes.getLong(bytes.position()));
                        default -> throw unreadable();
                    };
            return Magnitude.of(new BigDecimal(number));
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return switch (literal) {
                case Literal.Digits(String digits) ->
                        Optional.of(Magnitude.of(new BigDecimal(digits)));
                case Literal.Text(String text) when text.matches("-?\\d{1,18}") ->
                        Optional.of(Magnitude.of(new BigDecimal(text)));
                case Literal.Text _, Literal.Truth _ -> Optional.empty();
            };
        }
    },

    /** numeric. */
    DECIMAL {
        private static final int NEGATIVE = 0x4000;
        private static final int NAN = 0xC000;
        private static final int INFINITE = 0xD000;
        private static final int MINUS_INFINITE = 0xF000;

        @Override
        Comparable<?> read(ByteBuffer bytes) {
            int at = bytes.position();
            int digits = bytes.getShort(at) & 0xFFFF;
            int weight = bytes.getShort(at + 2);
            int sign = bytes.getShort(at + 4) & 0xFFFF;
            if (sign == NAN) {
                return new Magnitude(2, BigDecimal.ZERO);
            }
            if (sign == INFINITE || sign == MINUS_INFINITE) {
                return new Magnitude(sign == INFINITE ? 1 : -1, BigDecimal.ZERO);
            }
            BigInteger unscaled = BigInteger.ZERO;
            for (int i = 0; i < digits; i++) {
                unscaled =
                        unscaled.multiply(BigInteger.valueOf(10_000))
                                .add(BigInteger.valueOf(bytes.getShort(at + 8 + 2 * i)));
            }
            BigDecimal value =
                    new BigDecimal(unscaled).scaleByPowerOfTen(4 * (weight - digits + 1));
            return Magnitude.of(sign == NEGATIVE ? value.negate() : value);
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return switch (literal) {
                case Literal.Digits(String digits) ->
                        Optional.of(Magnitude.of(new BigDecimal(digits)));
                case Literal.Text(String text) when text.matches("-?\\d{1,30}(\\.\\d{1,30})?") ->
                        Optional.of(Magnitude.of(new BigDecimal(text)));
                case Literal.Text _, Literal.Truth _ -> Optional.empty();
            };
        }
    },

    /** text and varchar without a collation that takes different texts for equal. */
    TEXT {
        @Override
        Comparable<?> read(ByteBuffer bytes) {
            return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return literal instanceof Literal.Text(String text)
                    ? Optional.of(text)
                    : Optional.empty();
        }

        @Override
        boolean takes(Operator operator) {
            return operator.onlyEquality();
        }
    },

    /** bool. */
    TRUTH {
        @Override
        Comparable<?> read(ByteBuffer bytes) {
            return bytes.get(bytes.position()) != 0;
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return literal instanceof Literal.Truth(boolean value)
                    ? Optional.of(value)
                    : Optional.empty();
        }
    },

    /** uuid. */
    UUID_VALUE {
        @Override
        Comparable<?> read(ByteBuffer bytes) {
            return new UUID(bytes.getLong(bytes.position()), bytes.getLong(bytes.position() + 8));
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return literal instanceof Literal.Text(String text)
                            && text.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
                    ? Optional.of(UUID.fromString(text))
                    : Optional.empty();
        }

        @Override
        boolean takes(Operator operator) {
            return operator.onlyEquality();
        }
    },

    /** date. */
    DATE {
        @Override
        Comparable<?> read(ByteBuffer bytes) {
            return (long) bytes.getInt(bytes.position());
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return parsed(
                    literal,
                    text -> ChronoUnit.DAYS.between(EPOCH.toLocalDate(), LocalDate.parse(text)));
        }
    },

    /** timestamp. */
    TIME {
        @Override
        Comparable<?> read(ByteBuffer bytes) {
            return bytes.getLong(bytes.position());
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return parsed(
                    literal,
                    text ->
                            micros(
                                    text.length() == 10
                                            ? LocalDate.parse(text).atStartOfDay()
                                            : LocalDateTime.parse(text, LOCAL)));
        }
    },

    /** timestamptz; a value is given with its offset. */
    ZONED_TIME {
        @Override
        Comparable<?> read(ByteBuffer bytes) {
            return bytes.getLong(bytes.position());
        }

        @Override
        Optional<Comparable<?>> literal(Literal literal) {
            return parsed(
                    literal,
                    text ->
                            micros(
                                    OffsetDateTime.parse(text, ZONED)
                                            .withOffsetSameInstant(ZoneOffset.UTC)
                                            .toLocalDateTime()));
        }
    };

    private static final LocalDateTime EPOCH = LocalDateTime.of(2000, 1, 1, 0, 0);

    private static final DateTimeFormatter LOCAL =
            new DateTimeFormatterBuilder()
                    .appendPattern("uuuu-MM-dd[ ]['T']HH:mm:ss")
                    .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
                    .toFormatter(java.util.Locale.ROOT);

    private static final DateTimeFormatter ZONED =
            new DateTimeFormatterBuilder()
                    .append(LOCAL)
                    .appendPattern("[XXX][X]")
                    .toFormatter(java.util.Locale.ROOT);

    /** The value in a column's binary form. */
    abstract Comparable<?> read(ByteBuffer bytes);

    /** The value that a literal means for a column of the kind; empty where that is not certain. */
    abstract Optional<Comparable<?>> literal(Literal literal);

    /** Whether values can be compared so. */
    boolean takes(Operator operator) {
        return true;
    }

    IllegalArgumentException unreadable() {
        return new IllegalArgumentException("bytes that are no value of kind " + name());
    }

    private interface Parser {
        long parse(String text);
    }

    private static Optional<Comparable<?>> parsed(Literal literal, Parser parser) {
        if (!(literal instanceof Literal.Text(String text))) {
            return Optional.empty();
        }
        try {
            return Optional.of(parser.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static long micros(LocalDateTime time) {
        return ChronoUnit.MICROS.between(EPOCH, time);
    }

    /**
     * A number, or what PostgreSQL sorts beyond all numbers.
     *
     * @param beyond 0 for a number, 1 and -1 for infinities, 2 for not a number, which is largest
     */
    private record Magnitude(int beyond, BigDecimal value) implements Comparable<Magnitude> {
        static Magnitude of(BigDecimal value) {
            return new Magnitude(0, value);
        }

        @Override
        public int compareTo(Magnitude other) {
            return beyond == other.beyond
                    ? value.compareTo(other.value)
                    : Integer.compare(beyond, other.beyond);
        }
    }
}
