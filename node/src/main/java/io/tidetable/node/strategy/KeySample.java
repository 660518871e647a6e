package io.tidetable.node.strategy;

import io.tidetable.model.TableId;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A sample of keys: those whose SHA-256 lies below a bound. It is made of the key's binary form,
 * which does not depend on a server's version, encoding or byte order, so that every server and we
 * come to the same keys; and a smaller sample is part of a larger one.
 *
 * @param parts the key's columns
 * @param below the first eight bytes of the bound, as an unsigned number; null for all keys
 * @param tableRows rows of the table when the bound was set
 */
public record KeySample(List<Part> parts, @Nullable Long below, long tableRows) {
    private static final BigDecimal ALL = BigDecimal.TWO.pow(64);

    public KeySample {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("a sample of keys needs a key");
        }
    }

    /**
     * A column of the key.
     *
     * @param send the SQL function that gives its binary form
     * @param type of its values as SQL takes it, without domains; null where the function takes any
     */
    public record Part(String column, String send, @Nullable String type) {
        private String sql() {
            String value = TableId.quote(column);
            return "%s(%s)".formatted(send, type == null ? value : "(" + value + ")::" + type);
        }
    }

    /** A sample of a share of all keys, above 0; 1 or more takes all. */
    public static KeySample ofShare(List<Part> parts, double share, long tableRows) {
        if (!(share > 0)) {
            throw new IllegalArgumentException("a sample has a share above 0, got " + share);
        }
        if (share >= 1) {
            return new KeySample(parts, null, tableRows);
        }
        BigDecimal bound = ALL.multiply(new BigDecimal(share)).setScale(0, RoundingMode.CEILING);
        return new KeySample(
                parts,
                bound.min(ALL.subtract(BigDecimal.ONE)).toBigInteger().longValue(),
                tableRows);
    }

    /** The share of all keys that it takes. */
    public double share() {
        return below == null
                ? 1
                : new BigDecimal(Long.toUnsignedString(below)).doubleValue() / ALL.doubleValue();
    }

    /** A condition that the sampled rows of a table meet, on whatever server. */
    public String sql() {
        if (below == null) {
            return "true";
        }
        String hashed =
                parts.size() == 1
                        ? parts.getFirst().sql()
                        : parts.stream()
                                .map(part -> "pg_catalog.sha256(" + part.sql() + ")")
                                .collect(Collectors.joining(" || "));
        return "pg_catalog.sha256(%s) < '\\x%s'::bytea"
                .formatted(hashed, HexFormat.of().toHexDigits(below));
    }

    /**
     * Whether a key is in the sample.
     *
     * @param values binary forms of the key's columns, in the order of {@link #parts}
     */
    boolean contains(List<byte[]> values) {
        if (below == null) {
            return true;
        }
        MessageDigest digest = sha256();
        if (values.size() > 1) {
            MessageDigest whole = sha256();
            values.forEach(value -> whole.update(digest.digest(value)));
            return isBelow(whole.digest());
        }
        return isBelow(digest.digest(values.getFirst()));
    }

    private boolean isBelow(byte[] hash) {
        long first = 0;
        for (int i = 0; i < 8; i++) {
            first = first << 8 | (hash[i] & 0xFF);
        }
        return below != null && Long.compareUnsigned(first, below) < 0;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
