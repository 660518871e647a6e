package io.tidetable.node.types;

import io.tidetable.model.TidetableException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which type of the destination a type of the source is, and how binary values get there. Types are
 * the same when they have the same qualified name, or the same name in the same extension, or are
 * the array or multirange of such. OIDs below 10000 are the same on every server. Immutable and
 * safe for use by many threads.
 */
public final class TypeMapping {
    /** OIDs from here on are given out by initdb or later, and differ between servers. */
    private static final int FIRST_VARYING_OID = 10_000;

    /** text, varchar and bpchar: one binary form. */
    private static final List<Integer> PLAIN_TEXTS = List.of(25, 1043, 1042);

    private static final ValueTranslator IDENTITY =
            new ValueTranslator() {
                @Override
                public boolean isIdentity() {
                    return true;
                }

                @Override
                public void rewrite(byte[] bytes, int offset, int length) {}
            };

    private final TypeCatalog source;
    private final TypeCatalog destination;
    private final @Nullable ObjectReferences references;
    private final Map<Integer, ValueTranslator> translators = new ConcurrentHashMap<>();
    private final BinaryForm binaryForm = new BinaryForm(this::destinationOid, this::translator);

    private TypeMapping(
            TypeCatalog source, TypeCatalog destination, @Nullable ObjectReferences references) {
        this.source = source;
        this.destination = destination;
        this.references = references;
    }

    /** The mapping between the types of two databases, which leaves references as they are. */
    public static TypeMapping between(TypeCatalog source, TypeCatalog destination) {
        return new TypeMapping(source, destination, null);
    }

    /** The mapping between the types of two databases. */
    public static TypeMapping between(
            TypeCatalog source, TypeCatalog destination, ObjectReferences references) {
        return new TypeMapping(source, destination, references);
    }

    /** The source's types. */
    public TypeCatalog source() {
        return source;
    }

    /** The destination's types. */
    public TypeCatalog destination() {
        return destination;
    }

    /**
     * What carries binary values of a source type to the destination.
     *
     * @throws UnknownTypeException when the source's catalog does not hold the OID
     */
    public ValueTranslator translator(int sourceTypeOid) {
        ValueTranslator known = translators.get(sourceTypeOid);
        if (known != null) {
            return known;
        }
        // Not computeIfAbsent: a type's translator asks for those of the types inside it.
        ValueTranslator made = makeTranslator(known(sourceTypeOid));
        translators.put(sourceTypeOid, made);
        return made;
    }

    private ValueTranslator makeTranslator(PostgresType type) {
        return switch (type.form()) {
            case TypeForm.Scalar _, TypeForm.Enumeration _, TypeForm.Pseudo _ -> IDENTITY;
            case TypeForm.ObjectReference _ ->
                    references == null ? IDENTITY : references.translator(type.name());
            case TypeForm.Array array ->
                    isFixed(array.elementOid())
                                    && (references == null
                                            || !ObjectReferences.isType(array.elementOid()))
                            ? IDENTITY
                            : binaryForm.array();
            case TypeForm.Composite composite ->
                    composite.fields().stream()
                                    .allMatch(field ->
                                            isFixed(field.typeOid())
                                                    && translator(field.typeOid()).isIdentity())
                            ? IDENTITY
                            : binaryForm.composite();
            case TypeForm.Domain domain -> translator(domain.baseOid());
            case TypeForm.Range range -> {
                ValueTranslator subtype = translator(range.subtypeOid());
                yield subtype.isIdentity() ? IDENTITY : binaryForm.range(subtype);
            }
            case TypeForm.Multirange multirange -> {
                ValueTranslator range = translator(multirange.rangeOid());
                yield range.isIdentity() ? IDENTITY : binaryForm.multirange(range);
            }
        };
    }

    /** Whether an object has the OID on every server. */
    static boolean isFixed(int oid) {
        return Integer.compareUnsigned(oid, FIRST_VARYING_OID) < 0;
    }

    private PostgresType known(int sourceTypeOid) {
        return source.find(sourceTypeOid)
                .orElseThrow(() -> new UnknownTypeException(sourceTypeOid));
    }

    /**
     * The destination's type for a source's; empty when the destination has none.
     *
     * @throws UnknownTypeException when the source's catalog does not hold the OID
     */
    public Optional<PostgresType> destination(int sourceTypeOid) {
        if (isFixed(sourceTypeOid)) {
            return destination.find(sourceTypeOid);
        }
        PostgresType type = known(sourceTypeOid);
        return switch (type.form()) {
            case TypeForm.Array array -> found(elementArray(array));
            case TypeForm.Multirange multirange -> found(rangesOf(multirange));
            case TypeForm.Scalar _,
                    TypeForm.ObjectReference _,
                    TypeForm.Enumeration _,
                    TypeForm.Pseudo _,
                    TypeForm.Composite _,
                    TypeForm.Domain _,
                    TypeForm.Range _ ->
                    named(type);
        };
    }

    private Optional<PostgresType> named(PostgresType type) {
        Optional<PostgresType> sameName = destination.find(type.name());
        String extension = type.extension();
        return sameName.isPresent() || extension == null
                ? sameName
                : destination.findInExtension(extension, type.name().name());
    }

    private OptionalInt elementArray(TypeForm.Array array) {
        return destination(array.elementOid())
                .map(element -> destination.arrayOf(element.oid()))
                .orElse(OptionalInt.empty());
    }

    private OptionalInt rangesOf(TypeForm.Multirange multirange) {
        return destination(multirange.rangeOid())
                .map(range -> destination.multirangeOf(range.oid()))
                .orElse(OptionalInt.empty());
    }

    private Optional<PostgresType> found(OptionalInt oid) {
        return oid.isPresent() ? destination.find(oid.getAsInt()) : Optional.empty();
    }

    /** The destination type's name as SQL takes it; empty when the destination has none. */
    public Optional<String> destinationType(int sourceTypeOid) {
        return destination(sourceTypeOid).map(type -> type.name().quoted());
    }

    private int destinationOid(int sourceTypeOid) {
        if (isFixed(sourceTypeOid)) {
            return sourceTypeOid;
        }
        return destination(sourceTypeOid)
                .orElseThrow(() ->
                        new TidetableException(
                                "TT-442",
                                ("the destination has no type %s, so values that contain it"
                                                + " cannot be written there; create it as at the source")
                                        .formatted(known(sourceTypeOid).name())))
                .oid();
    }

    /**
     * Whether values of a type can travel in binary form, translated or not: send and receive
     * functions exist on both sides for it and all that is inside, and nothing inside is a
     * reference to an object by its OID. False for a type the destination does not have.
     *
     * @throws UnknownTypeException when the source's catalog does not hold the OID
     */
    public boolean travelsInBinary(int sourceTypeOid) {
        return sourceSends(known(sourceTypeOid))
                && destination(sourceTypeOid)
                        .map(type -> travels(destination, type, false))
                        .orElse(false);
    }

    /**
     * Whether the source can send a type in binary form to any destination, which the change stream
     * needs to know: it is one stream for all destinations, and a value without a send function
     * somewhere inside would stop it.
     */
    public static boolean sendsBinary(TypeCatalog source, int typeOid) {
        return source.find(typeOid).map(type -> travels(source, type, true)).orElse(false);
    }

    private boolean sourceSends(PostgresType type) {
        return travels(source, type, true);
    }

    private static boolean travels(TypeCatalog catalog, PostgresType type, boolean sending) {
        // What tsquerysend writes of an empty query tsqueryrecv refuses.
        boolean itself =
                sending ? type.sends() : type.receives() && type.oid() != EmptyQuery.TSQUERY;
        return itself
                && switch (type.form()) {
                    case TypeForm.Scalar _, TypeForm.Enumeration _ -> true;
                    case TypeForm.ObjectReference _, TypeForm.Pseudo _ -> false;
                    case TypeForm.Array array -> travels(catalog, array.elementOid(), sending);
                    case TypeForm.Composite composite ->
                            composite.fields().stream()
                                    .allMatch(f -> travels(catalog, f.typeOid(), sending));
                    case TypeForm.Domain domain -> travels(catalog, domain.baseOid(), sending);
                    case TypeForm.Range range -> travels(catalog, range.subtypeOid(), sending);
                    case TypeForm.Multirange multirange ->
                            travels(catalog, multirange.rangeOid(), sending);
                };
    }

    private static boolean travels(TypeCatalog catalog, int oid, boolean sending) {
        return catalog.find(oid).map(type -> travels(catalog, type, sending)).orElse(false);
    }

    /**
     * Whether a source type's binary values are, translated where needed, what a destination column
     * of the given type receives. A column that was widened at the destination (int4 to int8) does
     * not: its values must go as text.
     */
    public boolean travelsInBinary(int sourceTypeOid, int destinationTypeOid) {
        if (!travelsInBinary(sourceTypeOid)) {
            return false;
        }
        int expected = withoutDomains(destination, destinationOid(sourceTypeOid));
        int actual = withoutDomains(destination, destinationTypeOid);
        return expected == actual
                || (PLAIN_TEXTS.contains(expected) && PLAIN_TEXTS.contains(actual));
    }

    private static int withoutDomains(TypeCatalog catalog, int oid) {
        int current = oid;
        while (catalog.find(current).map(PostgresType::form).orElse(null)
                instanceof TypeForm.Domain domain) {
            current = domain.baseOid();
        }
        return current;
    }

    /**
     * Whether the output of {@code COPY .. TO (FORMAT binary)} with columns of these source types
     * can be given to the destination's {@code COPY .. FROM} byte for byte.
     */
    public boolean copiesStraightThrough(Collection<Integer> sourceTypeOids) {
        return sourceTypeOids.stream()
                .allMatch(oid -> travelsInBinary(oid) && translator(oid).isIdentity());
    }
}
