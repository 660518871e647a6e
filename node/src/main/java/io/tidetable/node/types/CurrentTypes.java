package io.tidetable.node.types;

import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The newest mapping between the types of a source and a destination: read when first asked for,
 * and again when a type appears that it does not hold. Never forgets a source OID it has seen. Safe
 * for use by many threads.
 */
public final class CurrentTypes {
    private static final String PURPOSE = "tidetable types";

    private final Database source;
    private final Database destination;
    private final InstantSource clock;
    private final ObjectReferences references;
    private @Nullable TypeMapping mapping;
    private @Nullable Instant read;

    public CurrentTypes(Database source, Database destination, InstantSource clock) {
        this.source = source;
        this.destination = destination;
        this.clock = clock;
        references = new ObjectReferences(source, destination, clock);
    }

    /** The mapping as last read. */
    public synchronized TypeMapping mapping() throws SQLException {
        TypeMapping current = mapping;
        return current == null ? refresh() : current;
    }

    /** A mapping that was read so long ago at the most; thousands of tables share one. */
    public synchronized TypeMapping mappingSince(Instant oldest) throws SQLException {
        TypeMapping current = mapping;
        return current == null || read == null || read.isBefore(oldest) ? refresh() : current;
    }

    /**
     * A mapping that holds the given source type; reads both catalogs again where the last one does
     * not.
     *
     * @throws UnknownTypeException when the source does not have it either
     */
    public synchronized TypeMapping mappingWith(int sourceTypeOid) throws SQLException {
        TypeMapping current = mapping();
        if (current.source().find(sourceTypeOid).isPresent()) {
            return current;
        }
        TypeMapping refreshed = refresh();
        if (refreshed.source().find(sourceTypeOid).isEmpty()) {
            throw new UnknownTypeException(sourceTypeOid);
        }
        return refreshed;
    }

    /** Reads both catalogs again, for example after types were made at the destination. */
    public synchronized TypeMapping refresh() throws SQLException {
        Instant begun = clock.instant();
        TypeCatalog ofSource = read(source);
        TypeCatalog ofDestination = read(destination);
        TypeMapping older = mapping;
        TypeMapping newer =
                TypeMapping.between(
                        older == null ? ofSource : ofSource.remembering(older.source()),
                        ofDestination,
                        references);
        mapping = newer;
        read = begun;
        return newer;
    }

    private static TypeCatalog read(Database database) throws SQLException {
        try (Connection connection = database.connect(PURPOSE)) {
            return TypeCatalog.read(connection);
        }
    }
}
