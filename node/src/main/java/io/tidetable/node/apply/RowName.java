package io.tidetable.node.apply;

import io.tidetable.node.pgoutput.TupleReader;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The name under which changes of one row stand in quarantine: its key, readable where the types
 * allow it. A table without key names its rows by a digest of their whole content.
 */
final class RowName {
    /** The sign field of a binary numeric below zero. */
    private static final int NEGATIVE = 0x4000;

    private RowName() {}

    static String of(TablePlan plan, RowImage image) {
        if (!plan.hasKey()) {
            return "row " + digest(plan.written(), image);
        }
        return plan.key().stream()
                .map(column -> column.name() + "=" + value(column, image))
                .collect(Collectors.joining(", "));
    }

    private static String value(PlannedColumn column, RowImage image) {
        int index = column.index();
        if (image.isNull(index) || !image.isKnown(index)) {
            return "null";
        }
        byte[] bytes = image.value(index);
        boolean binary = image.kind(index) == TupleReader.BINARY;
        ByteBuffer view = ByteBuffer.wrap(bytes);
        String text =
                switch (column.wireOid()) {
                    case 16 -> binary ? (bytes[0] == 0 ? "f" : "t") : utf8(bytes);
                    case 20 -> binary ? Long.toString(view.getLong()) : utf8(bytes);
                    case 21 -> binary ? Short.toString(view.getShort()) : utf8(bytes);
                    case 23 -> binary ? Integer.toString(view.getInt()) : utf8(bytes);
                    case 26 -> binary ? Integer.toUnsignedString(view.getInt()) : utf8(bytes);
                    case 2950 -> binary ? uuid(view) : utf8(bytes);
                    case 1700 -> plain(binary ? numeric(view) : utf8(bytes));
                    case 18, 19, 25, 1042, 1043 -> utf8(bytes);
                    default -> column.exact() || !binary ? utf8OrHex(bytes, binary) : loose(bytes);
                };
        return "'" + text.replace("'", "''") + "'";
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String utf8OrHex(byte[] bytes, boolean binary) {
        return binary ? "\\x" + HexFormat.of().formatHex(bytes) : utf8(bytes);
    }

    /** Values that differ in case alone share a name: rather one chain too many than one broken. */
    private static String loose(byte[] bytes) {
        return "\\x"
                + HexFormat.of()
                        .formatHex(
                                utf8(bytes)
                                        .toLowerCase(Locale.ROOT)
                                        .getBytes(StandardCharsets.UTF_8));
    }

    private static String uuid(ByteBuffer view) {
        return new java.util.UUID(view.getLong(), view.getLong()).toString();
    }

    private static String plain(String number) {
        try {
            BigDecimal value = new BigDecimal(number);
            return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
        } catch (NumberFormatException e) {
            // NaN and the infinities are names of their own.
            return number;
        }
    }

    /** PostgreSQL's binary numeric: digits in base 10,000. */
    private static String numeric(ByteBuffer view) {
        int digits = view.getShort() & 0xFFFF;
        int weight = view.getShort();
        int sign = view.getShort() & 0xFFFF;
        view.getShort();
        if (sign != 0 && sign != NEGATIVE) {
            return switch (sign) {
                case 0xD000 -> "Infinity";
                case 0xF000 -> "-Infinity";
                default -> "NaN";
            };
        }
        BigDecimal value = BigDecimal.ZERO;
        for (int i = 0; i < digits; i++) {
            value =
                    value.add(
                            BigDecimal.valueOf(view.getShort() & 0xFFFF)
                                    .scaleByPowerOfTen(4 * (weight - i)));
        }
        return (sign == NEGATIVE ? value.negate() : value).toPlainString();
    }

    private static String digest(List<PlannedColumn> columns, RowImage image) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (PlannedColumn column : columns) {
                boolean valued = !image.isNull(column.index()) && image.isKnown(column.index());
                byte[] bytes = valued ? image.value(column.index()) : new byte[0];
                digest.update(ByteBuffer.allocate(4).putInt(valued ? bytes.length : -1).array());
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
