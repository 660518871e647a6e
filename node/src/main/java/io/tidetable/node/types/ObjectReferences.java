package io.tidetable.node.types;

import io.tidetable.model.TidetableException;
import io.tidetable.node.postgres.Database;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Values of regclass and its like: the change stream carries them as OIDs of the source's objects,
 * which mean other objects at the destination, or none. They get there by the objects' names. Safe
 * for use by many threads.
 */
public final class ObjectReferences {
    /** The types and their arrays; these OIDs never change. */
    private static final Set<Integer> TYPES =
            Set.of(
                    24, 1008, 2202, 2207, 2203, 2208, 2204, 2209, 2205, 2210, 2206, 2211, 4096,
                    4097, 4089, 4090, 3734, 3735, 3769, 3770, 4191, 4192);

    /** Objects get other names, and others get theirs. */
    private static final Duration VALIDITY = Duration.ofSeconds(10);

    private final Database source;
    private final Database destination;
    private final InstantSource clock;
    private final Map<Reference, Found> known = new ConcurrentHashMap<>();

    public ObjectReferences(Database source, Database destination, InstantSource clock) {
        this.source = source;
        this.destination = destination;
        this.clock = clock;
    }

    private record Reference(TypeName type, int oid) {}

    private record Found(int oid, Instant at) {}

    /** Whether the values of a built-in type are OIDs of objects, or arrays of such. */
    public static boolean isType(int typeOid) {
        return TYPES.contains(typeOid);
    }

    /** What gives values of one of the types the destination's OIDs. */
    ValueTranslator translator(TypeName type) {
        return new ValueTranslator() {
            @Override
            public boolean isIdentity() {
                return false;
            }

            @Override
            public void rewrite(byte[] bytes, int offset, int length) {
                ByteBuffer value = ByteBuffer.wrap(bytes, offset, length);
                value.putInt(offset, there(type, value.getInt(offset)));
            }
        };
    }

    private int there(TypeName type, int oid) {
        if (TypeMapping.isFixed(oid)) {
            return oid;
        }
        Reference reference = new Reference(type, oid);
        Instant now = clock.instant();
        Found found = known.get(reference);
        if (found == null || Duration.between(found.at(), now).abs().compareTo(VALIDITY) > 0) {
            found = new Found(find(reference), now);
            known.put(reference, found);
        }
        return found.oid();
    }

    private int find(Reference reference) {
        String type = reference.type().quoted();
        try (Connection from = source.connect("tidetable types");
                PreparedStatement asked =
                        from.prepareStatement(
                                "SELECT CAST(CAST(? AS oid) AS %s)::text".formatted(type))) {
            asked.setLong(1, Integer.toUnsignedLong(reference.oid()));
            try (ResultSet row = asked.executeQuery()) {
                row.next();
                return find(type, row.getString(1));
            }
        } catch (SQLException e) {
            throw new ReferenceLookupException(e);
        }
    }

    /** The name of an object that is gone is its OID. */
    private int find(String type, String name) throws SQLException {
        try (Connection to = destination.connect("tidetable types");
                PreparedStatement asked =
                        to.prepareStatement(
                                "SELECT CAST(CAST(CAST(? AS text) AS %s) AS oid)::bigint"
                                        .formatted(type))) {
            asked.setString(1, name);
            try (ResultSet row = asked.executeQuery()) {
                row.next();
                return (int) row.getLong(1);
            }
        } catch (SQLException e) {
            // 42xxx: there is no such name; other classes say that nobody could be asked.
            if (String.valueOf(e.getSQLState()).startsWith("42")
                    || String.valueOf(e.getSQLState()).startsWith("3F")) {
                throw new TidetableException(
                        "TT-444",
                        "a value refers to %s '%s', which the destination does not have: %s; make it there as at the source, then resume the table"
                                .formatted(type, name, e.getMessage()),
                        e);
            }
            throw e;
        }
    }
}
