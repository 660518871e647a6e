package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.types.PostgresType;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeForm;
import io.tidetable.node.types.TypeMapping;
import io.tidetable.node.types.TypeName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the types at a destination that columns need and that are missing there: PostgreSQL
 * schemas, enums, domains, composite types and ranges, and extensions where the role may. Leaves
 * alone what is there. The destination is in autocommit mode: every statement stands by itself, and
 * a second run goes on where the first one ended.
 */
final class TypeCreator {
    private static final Logger log = LoggerFactory.getLogger(TypeCreator.class);

    private final TypeDetails details;
    private final Connection destination;
    private final int destinationVersion;
    private final Set<TypeName> made = new HashSet<>();
    private final Set<String> namespaces = new HashSet<>();
    private TypeMapping mapping;

    TypeCreator(Connection source, Connection destination, TypeMapping mapping)
            throws SQLException {
        this.details = new TypeDetails(source);
        this.destination = destination;
        this.destinationVersion = destination.getMetaData().getDatabaseMajorVersion();
        this.mapping = mapping;
    }

    /** Makes a PostgreSQL schema unless it is there. */
    void ensureNamespace(String namespace) throws SQLException {
        if (namespaces.contains(namespace)) {
            return;
        }
        try (PreparedStatement statement =
                destination.prepareStatement(
                        "SELECT FROM pg_catalog.pg_namespace WHERE nspname = ?")) {
            statement.setString(1, namespace);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    make(
                            "CREATE SCHEMA IF NOT EXISTS " + TableId.quote(namespace),
                            "the PostgreSQL schema " + namespace);
                }
            }
        }
        namespaces.add(namespace);
    }

    /**
     * Makes the type and all it is made of, unless it is there.
     *
     * @throws TidetableException TT-411 when it cannot be made
     */
    void ensureType(int sourceOid) throws SQLException {
        if (mapping.destination(sourceOid).isPresent()) {
            return;
        }
        PostgresType type = mapping.source().find(sourceOid).orElse(null);
        if (type == null || made.contains(type.name())) {
            return;
        }
        switch (type.form()) {
            case TypeForm.Array array -> ensureType(array.elementOid());
            case TypeForm.Multirange multirange -> ensureType(multirange.rangeOid());
            case TypeForm.Enumeration enumeration -> {
                if (!ensureExtension(type)) {
                    makeEnumeration(type, enumeration);
                }
            }
            case TypeForm.Domain domain -> {
                if (!ensureExtension(type)) {
                    ensureType(domain.baseOid());
                    makeDomain(type);
                }
            }
            case TypeForm.Composite composite -> {
                if (!ensureExtension(type)) {
                    for (TypeForm.Field field : composite.fields()) {
                        ensureType(field.typeOid());
                    }
                    makeComposite(type);
                }
            }
            case TypeForm.Range range -> {
                if (!ensureExtension(type)) {
                    ensureType(range.subtypeOid());
                    makeRange(type);
                }
            }
            case TypeForm.Scalar _, TypeForm.ObjectReference _, TypeForm.Pseudo _ -> {
                if (!ensureExtension(type)) {
                    throw refused(
                            "the type " + type.name(),
                            "it is a base type, which only its own installation can create at the"
                                    + " destination");
                }
            }
        }
        made.add(type.name());
    }

    /** Installs the extension that the type belongs to; false when it belongs to none. */
    private boolean ensureExtension(PostgresType type) throws SQLException {
        String extension = type.extension();
        if (extension == null) {
            return false;
        }
        Optional<String> namespace = details.extensionNamespace(extension);
        if (namespace.isPresent()) {
            ensureNamespace(namespace.get());
        }
        make(
                "CREATE EXTENSION IF NOT EXISTS %s%s CASCADE"
                        .formatted(
                                TableId.quote(extension),
                                namespace.map(n -> " SCHEMA " + TableId.quote(n)).orElse("")),
                "the extension %s, to which the type %s belongs".formatted(extension, type.name()));
        mapping = TypeMapping.between(mapping.source(), TypeCatalog.read(destination));
        return true;
    }

    private void makeEnumeration(PostgresType type, TypeForm.Enumeration enumeration)
            throws SQLException {
        ensureNamespace(type.name().namespace());
        make(
                "CREATE TYPE %s AS ENUM (%s)"
                        .formatted(
                                type.name().quoted(),
                                String.join(
                                        ", ",
                                        enumeration.labels().stream().map(Sql::literal).toList())),
                "the type " + type.name());
    }

    private void makeDomain(PostgresType type) throws SQLException {
        TypeDetails.Domain domain = details.domain(type.oid()).orElseThrow(() -> gone(type.name()));
        ensureNamespace(type.name().namespace());
        StringBuilder sql =
                new StringBuilder(
                        "CREATE DOMAIN %s AS %s"
                                .formatted(type.name().quoted(), at(domain.base())));
        if (domain.collation() != null) {
            sql.append(" COLLATE ").append(domain.collation());
        }
        if (domain.expression() != null) {
            sql.append(" DEFAULT ").append(domain.expression());
        }
        if (domain.notNull()) {
            sql.append(" NOT NULL");
        }
        domain.checks().forEach(check -> sql.append(" CONSTRAINT ").append(check));
        make(sql.toString(), "the domain " + type.name());
    }

    private void makeComposite(PostgresType type) throws SQLException {
        TypeDetails.Composite composite = details.composite(type.oid());
        if (!composite.freeStanding()) {
            throw refused(
                    "the type " + type.name(),
                    "it is the row type of a table, which has to be created first");
        }
        ensureNamespace(type.name().namespace());
        List<String> fields =
                composite.fields().stream()
                        .map(field -> field.name() + " " + at(field.type()) + field.collation())
                        .toList();
        make(
                "CREATE TYPE %s AS (%s)".formatted(type.name().quoted(), String.join(", ", fields)),
                "the type " + type.name());
    }

    private void makeRange(PostgresType type) throws SQLException {
        TypeDetails.Range range = details.range(type.oid()).orElseThrow(() -> gone(type.name()));
        if (range.canonical()) {
            throw refused(
                    "the range type " + type.name(),
                    "it has a canonical function, which only its own installation can create");
        }
        ensureNamespace(type.name().namespace());
        StringBuilder sql =
                new StringBuilder(
                        "CREATE TYPE %s AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %s"
                                .formatted(
                                        type.name().quoted(),
                                        at(range.subtype()),
                                        range.operators()));
        if (range.collation() != null) {
            sql.append(", COLLATION = ").append(range.collation());
        }
        if (range.difference() != null && range.difference().startsWith("pg_catalog.")) {
            sql.append(", SUBTYPE_DIFF = ").append(range.difference());
        }
        Optional<TypeName> multirange = details.multirangeName(type.oid());
        if (multirange.isPresent() && destinationVersion >= 14) {
            sql.append(", MULTIRANGE_TYPE_NAME = ").append(multirange.get().quoted());
        }
        make(sql.append(')').toString(), "the range type " + type.name());
    }

    private String at(TypeDetails.TypeText type) {
        return TypeText.atDestination(type.text(), type.oid(), mapping);
    }

    private void make(String sql, String what) throws SQLException {
        try {
            Sql.execute(destination, sql);
            log.info("created at the destination: {}", sql);
        } catch (SQLException e) {
            if (Sql.isTroubleOfServer(e)) {
                throw e;
            }
            throw new TidetableException(
                    "TT-411",
                    ("%s is missing at the destination and could not be created: %s. Create it there"
                                    + " yourself, with the same name: %s")
                            .formatted(what, Sql.words(e), sql),
                    e);
        }
    }

    private static TidetableException refused(String what, String why) {
        return new TidetableException(
                "TT-411", "%s is missing at the destination: %s".formatted(what, why));
    }

    private static TidetableException gone(TypeName name) {
        return new TidetableException(
                "TT-411",
                "the type %s was dropped at the source while it was read; start again"
                        .formatted(name));
    }
}
