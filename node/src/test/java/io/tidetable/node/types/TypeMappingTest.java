package io.tidetable.node.types;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.TidetableException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TypeMappingTest {
    private static final String TYPES =
            """
            CREATE SCHEMA "Odd ""names";
            CREATE TYPE mood AS ENUM ('calm', 'wild');
            CREATE DOMAIN "Odd ""names".percent AS numeric(5,2) CHECK (VALUE <= 100);
            CREATE TYPE address AS (street text, moods mood[], share "Odd ""names".percent);
            CREATE TYPE person AS (name text, home address, others address[]);
            CREATE TYPE plain AS (a int, b text, c int[]);
            CREATE DOMAIN moods AS mood[] CHECK (cardinality(VALUE) < 9);
            CREATE DOMAIN home AS address;
            CREATE TYPE moodrange AS RANGE (subtype = mood);
            CREATE TYPE addressrange AS RANGE (subtype = address);
            CREATE TABLE visit (id int, at timestamptz);
            """;

    /** Type and value; each is compared byte by byte with what the destination itself sends. */
    private static final Map<String, String> VALUES = new LinkedHashMap<>();

    static {
        VALUES.put("mood", "'wild'");
        VALUES.put("mood[]", "'[0:1][2:3]={{calm,NULL},{wild,calm}}'");
        VALUES.put("moods", "'{}'");
        VALUES.put("moods[]", "ARRAY['{calm,wild}'::moods, NULL]::moods[]");
        VALUES.put("address", "ROW('a', '{wild}', 12.5)");
        VALUES.put("home", "ROW(NULL, NULL, 100)");
        VALUES.put("home[]", "ARRAY[ROW('b', '{}', 1)::home]::home[]");
        VALUES.put(
                "person",
                "ROW('x', ROW('s', '{calm,wild}', 3), ARRAY[ROW('t', NULL, 4)::address, NULL])");
        VALUES.put(
                "person[]",
                "ARRAY[ROW('x', NULL, ARRAY[ROW('t', '{wild}', 4)::address])::person]::person[]");
        VALUES.put("plain", "ROW(1, 'b', '{1,2}')");
        VALUES.put("plain[]", "ARRAY[ROW(1, 'b', '{1,2}')::plain]");
        VALUES.put("moodrange", "'[calm,wild)'");
        VALUES.put("moodrange[]", "ARRAY['[calm,]', 'empty', '(,)', '(,wild]']::moodrange[]");
        VALUES.put("moodmultirange", "'{[calm,calm]}'");
        VALUES.put("moodmultirange[]", "ARRAY['{[calm,calm]}', '{}']::moodmultirange[]");
        VALUES.put(
                "addressrange",
                "addressrange(ROW('a', '{wild}', 1)::address, ROW('b', '{calm}', 2)::address)");
        VALUES.put(
                "addressmultirange",
                "addressmultirange(addressrange(ROW('a', '{wild}', 1)::address, NULL))");
        VALUES.put("visit[]", "ARRAY[ROW(1, '2026-01-01Z')::visit]");
        VALUES.put("hstore", "'a=>1,b=>NULL'");
        VALUES.put("hstore[]", "ARRAY['a=>1'::hstore]");
        VALUES.put("int8range[]", "'{\"[1,5)\"}'");
        VALUES.put("int4multirange", "'{[1,3),[7,9)}'");
        VALUES.put("text[]", "'{a,NULL}'");
        VALUES.put("tsvector", "'fat:2 cat:1'");
        VALUES.put("jsonb", "'{\"a\": [1]}'");
        VALUES.put("information_schema.sql_identifier[]", "'{x}'");
    }

    private static PostgresServer server;
    private static Connection source;
    private static Connection destination;
    private static TypeMapping mapping;

    @BeforeAll
    static void twoDatabasesWhoseTypesHaveDifferentOids() throws SQLException {
        server = PostgresServer.start();
        source = server.connect(server.createDatabase("source"));
        destination = server.connect(server.createDatabase("destination"));
        execute(
                destination,
                "CREATE TYPE earlier AS ENUM ('x'); CREATE TYPE another AS (a earlier);"
                        + "CREATE SCHEMA extensions; CREATE EXTENSION hstore SCHEMA extensions");
        execute(source, "CREATE EXTENSION hstore");
        for (Connection side : List.of(source, destination)) {
            execute(side, TYPES);
            execute(side, "SET search_path = public, extensions");
            execute(side, "SET timezone = 'UTC'");
            List<String> columns = new ArrayList<>();
            for (String type : VALUES.keySet()) {
                columns.add("c" + columns.size() + " " + type);
            }
            execute(side, "CREATE TABLE everything (" + String.join(", ", columns) + ")");
            execute(
                    side,
                    "INSERT INTO everything VALUES (" + String.join(", ", VALUES.values()) + ")");
        }
        mapping = TypeMapping.between(TypeCatalog.read(source), TypeCatalog.read(destination));
    }

    @AfterAll
    static void stop() throws SQLException {
        source.close();
        destination.close();
        server.close();
    }

    @Test
    void aTranslatedValueIsWhatTheDestinationItselfWouldSend() throws SQLException {
        int changed = 0;
        int number = 0;
        for (String type : VALUES.keySet()) {
            String column = "c" + number++;
            byte[] sent = binary(source, column);
            byte[] expected = binary(destination, column);
            byte[] untouched = sent.clone();

            byte[] translated = mapping.translator(oid(source, type)).translate(sent);

            assertThat(translated).as(type).isEqualTo(expected);
            assertThat(sent).as("%s is not changed in place", type).isEqualTo(untouched);
            assertThat(mapping.travelsInBinary(oid(source, type), oid(destination, type)))
                    .as(type)
                    .isTrue();
            changed += Arrays.equals(sent, translated) ? 0 : 1;
        }
        assertThat(changed).as("values that needed a translation").isGreaterThan(12);
    }

    @Test
    void aValueIsRewrittenInsideALargerBuffer() throws SQLException {
        int type = oid(source, "person");
        int column = List.copyOf(VALUES.keySet()).indexOf("person");
        byte[] sent = binary(source, "c" + column);
        byte[] buffer = new byte[sent.length + 20];
        System.arraycopy(sent, 0, buffer, 7, sent.length);

        mapping.translator(type).rewrite(buffer, 7, sent.length);

        byte[] expected = new byte[sent.length + 20];
        System.arraycopy(binary(destination, "c" + column), 0, expected, 7, sent.length);
        assertThat(buffer).isEqualTo(expected);
    }

    @Test
    void typesOfNothingButBuiltInOnesStayAsTheyAre() throws SQLException {
        for (String type :
                List.of("int4", "text[]", "plain", "mood", "hstore", "int8range[]", "jsonb")) {
            assertThat(mapping.translator(oid(source, type)).isIdentity()).as(type).isTrue();
        }
        for (String type : List.of("mood[]", "moods", "address", "plain[]", "addressrange")) {
            assertThat(mapping.translator(oid(source, type)).isIdentity()).as(type).isFalse();
        }
    }

    @Test
    void copiesGoStraightThroughOnlyWhereEveryColumnIsTheSameBytesOnBothSides()
            throws SQLException {
        assertThat(mapping.copiesStraightThrough(oids("int4", "text[]", "plain", "mood"))).isTrue();
        assertThat(mapping.copiesStraightThrough(oids("int4", "mood[]"))).isFalse();
        assertThat(mapping.copiesStraightThrough(oids("int4", "regclass"))).isFalse();
        assertThat(mapping.copiesStraightThrough(oids("int4", "aclitem"))).isFalse();
    }

    @Test
    void referencesToObjectsAndTypesWithoutBinaryFunctionsTravelAsText() throws SQLException {
        assertThat(mapping.travelsInBinary(oid(source, "regclass"))).isFalse();
        assertThat(mapping.travelsInBinary(oid(source, "regtype[]"))).isFalse();
        assertThat(mapping.travelsInBinary(oid(source, "aclitem"))).isFalse();
        assertThat(mapping.travelsInBinary(oid(source, "aclitem[]"))).isFalse();
        assertThat(TypeMapping.sendsBinary(mapping.source(), oid(source, "aclitem[]"))).isFalse();
        assertThat(TypeMapping.sendsBinary(mapping.source(), oid(source, "regclass"))).isFalse();
        assertThat(TypeMapping.sendsBinary(mapping.source(), oid(source, "person[]"))).isTrue();
    }

    @Test
    void aColumnWidenedAtTheDestinationDoesNotTakeTheSourcesBinaryForm() throws SQLException {
        assertThat(mapping.travelsInBinary(oid(source, "int4"), oid(destination, "int8")))
                .isFalse();
        assertThat(mapping.travelsInBinary(oid(source, "varchar"), oid(destination, "text")))
                .isTrue();
        assertThat(mapping.travelsInBinary(oid(source, "home"), oid(destination, "address")))
                .isTrue();
    }

    @Test
    void namesOfDestinationTypesAreQuotedAndFollowExtensionsToTheirPlace() throws SQLException {
        assertThat(mapping.destinationType(oid(source, "\"Odd \"\"names\".percent")))
                .contains("\"Odd \"\"names\".\"percent\"");
        assertThat(mapping.destinationType(oid(source, "hstore")))
                .contains("\"extensions\".\"hstore\"");
        assertThat(mapping.destinationType(oid(source, "hstore[]")))
                .contains("\"extensions\".\"_hstore\"");
        assertThat(mapping.destinationType(oid(source, "\"char\"")))
                .contains("\"pg_catalog\".\"char\"");
    }

    @Test
    void aTypeTheDestinationLacksIsNamedAndAnUnknownOneAsksForANewCatalog() throws SQLException {
        execute(source, "CREATE TYPE lonely AS ENUM ('a'); CREATE TABLE alone (l lonely[])");
        int array = oid(source, "lonely[]");
        byte[] value = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        java.nio.ByteBuffer.wrap(value).putInt(8, oid(source, "lonely"));

        assertThatThrownBy(() -> mapping.translator(array))
                .isInstanceOf(UnknownTypeException.class)
                .hasMessageContaining(Integer.toString(array));

        TypeMapping newer = TypeMapping.between(TypeCatalog.read(source), mapping.destination());
        assertThat(newer.destinationType(array)).isEmpty();
        assertThat(newer.travelsInBinary(array)).isFalse();
        assertThatThrownBy(() -> newer.translator(array).translate(value))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("public.lonely");
    }

    @Test
    void aCatalogRemembersTypesThatChangesWrittenEarlierStillCarry() throws SQLException {
        execute(source, "CREATE TYPE brief AS (m mood[])");
        TypeCatalog before = TypeCatalog.read(source);
        int old = oid(source, "brief");
        execute(source, "DROP TYPE brief; CREATE TYPE brief AS (m mood[])");
        TypeCatalog after = TypeCatalog.read(source);

        TypeCatalog both = after.remembering(before);

        assertThat(after.find(old)).isEmpty();
        assertThat(both.find(old)).isPresent();
        assertThat(both.find(new TypeName("public", "brief")).orElseThrow().oid())
                .isEqualTo(oid(source, "brief"))
                .isNotEqualTo(old);
    }

    @Test
    void bytesThatAreNoValueAreRefused() throws SQLException {
        ValueTranslator person = mapping.translator(oid(source, "person"));
        byte[] good = binary(source, "c" + List.copyOf(VALUES.keySet()).indexOf("person"));

        for (int length : List.of(0, 3, good.length - 1, good.length + 1)) {
            assertThatThrownBy(() -> person.translate(Arrays.copyOf(good, length)))
                    .as("%s bytes of %s", length, good.length)
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("not a binary");
        }
    }

    private static List<Integer> oids(String... types) throws SQLException {
        List<Integer> oids = new ArrayList<>();
        for (String type : types) {
            oids.add(oid(source, type));
        }
        return oids;
    }

    private static int oid(Connection side, String type) throws SQLException {
        try (Statement statement = side.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT '%s'::regtype::oid::bigint"
                                        .formatted(type.replace("'", "''")))) {
            row.next();
            return (int) row.getLong(1);
        }
    }

    /** The value's binary form, taken out of a binary COPY of one row and one column. */
    private static byte[] binary(Connection side, String column) throws SQLException {
        var copy =
                side.unwrap(org.postgresql.PGConnection.class)
                        .getCopyAPI()
                        .copyOut(
                                "COPY (SELECT %s FROM everything) TO STDOUT (FORMAT binary)"
                                        .formatted(column));
        var all = new java.io.ByteArrayOutputStream();
        byte[] part = copy.readFromCopy();
        while (part != null) {
            all.writeBytes(part);
            part = copy.readFromCopy();
        }
        var bytes = java.nio.ByteBuffer.wrap(all.toByteArray());
        bytes.position(19 + 2);
        byte[] value = new byte[bytes.getInt()];
        bytes.get(value);
        return value;
    }

    private static void execute(Connection side, String sql) throws SQLException {
        try (Statement statement = side.createStatement()) {
            statement.execute(sql);
        }
    }
}
