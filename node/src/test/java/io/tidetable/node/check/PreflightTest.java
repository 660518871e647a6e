package io.tidetable.node.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.catalog.TableSelection;
import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.postgres.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PreflightTest {
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final Set<Check> SEEN = EnumSet.noneOf(Check.class);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static PostgresServer server;
    private String sourceName = "";
    private String destinationName = "";
    private Connection source;
    private Connection destination;

    @BeforeAll
    static void start() throws SQLException, IOException {
        server = PostgresServer.start(Map.of("fsync", "off"));
        Path rules = server.data().resolve("pg_hba.conf");
        Files.writeString(
                rules,
                "host all locked 127.0.0.1/32 scram-sha-256\nhost all rejected 127.0.0.1/32 reject\n"
                        + Files.readString(rules));
        try (Connection connection = server.connect("postgres")) {
            run(
                    connection,
                    """
                    CREATE ROLE locked LOGIN PASSWORD 'right';
                    CREATE ROLE rejected LOGIN;
                    CREATE ROLE shop_owner;
                    CREATE ROLE replicator LOGIN REPLICATION;
                    CREATE ROLE reader LOGIN;
                    CREATE ROLE writer LOGIN;
                    SELECT pg_reload_conf();
                    """);
        }
    }

    @AfterAll
    static void everyCheckWasSeenToFindSomething() {
        server.close();
        assertThat(SEEN).containsExactlyInAnyOrder(Check.values());
    }

    @BeforeEach
    void makeDatabases() throws SQLException {
        int number = NUMBER.incrementAndGet();
        sourceName = server.createDatabase("source" + number);
        destinationName = server.createDatabase("destination" + number);
        source = server.connect(sourceName);
        destination = server.connect(destinationName);
    }

    @AfterEach
    void close() throws SQLException {
        source.close();
        destination.close();
    }

    @Test
    void aSoundSourceAndAnEmptyDestinationPass() throws SQLException {
        run(
                source,
                "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE clicks (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE clicks_1 PARTITION OF clicks DEFAULT");

        List<Finding> findings = check("public.*");

        assertThat(findings).extracting(Finding::severity).containsOnly(Severity.INFO);
        assertThat(Preflight.refuses(findings)).isFalse();
    }

    @Test
    void everyConnectionTroubleIsOneClearSentence() throws SQLException {
        Database nobody = new Database("jdbc:postgresql://127.0.0.1:1/shop", Map.of("user", "x"));
        Database nowhere =
                new Database("jdbc:postgresql://no.such.host.invalid/shop", Map.of("user", "x"));

        found(check(nobody, nobody), Check.SOURCE_UNREACHABLE, Severity.ERROR, "refused", "port");
        found(check(nowhere, nowhere), Check.SOURCE_UNREACHABLE, Severity.ERROR, "host name");
        found(check(nobody, nobody), Check.DESTINATION_UNREACHABLE, Severity.ERROR, "reporting");
        Database wrong =
                new Database(
                        jdbc(sourceName), Map.of("user", "locked", "password", "secret-and-wrong"));
        assertThat(check(wrong, wrong))
                .allMatch(finding -> !finding.line().contains("secret-and-wrong"));
        found(check(wrong, wrong), Check.SOURCE_LOGIN, Severity.ERROR, "password of user locked");
        found(check(wrong, wrong), Check.DESTINATION_LOGIN, Severity.ERROR, "password");
        Database rejected = as(sourceName, "rejected");
        found(check(rejected, rejected), Check.SOURCE_LOGIN, Severity.ERROR, "pg_hba.conf");
        Database lost = as("no_such_db", "postgres");
        found(check(lost, lost), Check.SOURCE_DATABASE, Severity.ERROR, "no_such_db");
        found(check(lost, lost), Check.DESTINATION_DATABASE, Severity.ERROR, "create the database");
    }

    @Test
    void aServerWhoseLogCannotBeDecodedIsRefused() throws SQLException {
        try (PostgresServer other =
                PostgresServer.start(
                        Map.of(
                                "wal_level", "replica",
                                "max_replication_slots", "1",
                                "max_wal_senders", "1",
                                "max_slot_wal_keep_size", "1GB",
                                "idle_replication_slot_timeout", "1h",
                                "fsync", "off"))) {
            Database bad =
                    new Database(
                            "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(other.port()),
                            Map.of("user", "postgres"));
            List<Finding> findings = check(bad, as(destinationName, "postgres"), "public.*");

            found(findings, Check.WAL_LEVEL, Severity.ERROR, "wal_level = logical", "restart");
            found(findings, Check.REPLICATION_SLOTS, Severity.ERROR, "0 of 1", "at least 2");
            found(findings, Check.WAL_SENDERS, Severity.ERROR, "0 of 1", "max_wal_senders");
            found(findings, Check.SLOT_RETENTION, Severity.INFO, "1GB");
            found(findings, Check.IDLE_SLOT_TIMEOUT, Severity.WARNING, "= 0");
        }
    }

    @Test
    void aPipelinesOwnSlotsAreNotCountedTwice() throws SQLException {
        try (PostgresServer other =
                        PostgresServer.start(Map.of("max_replication_slots", "2", "fsync", "off"));
                Connection connection = other.connect("postgres")) {
            run(connection, "CREATE TABLE orders (id int PRIMARY KEY)");
            run(
                    connection,
                    "SELECT pg_create_logical_replication_slot('tidetable_shop_bulk', 'pgoutput')");
            Database its =
                    new Database(
                            "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(other.port()),
                            Map.of("user", "postgres"));

            assertThat(check(its, as(destinationName, "postgres"), "public.*"))
                    .extracting(Finding::check)
                    .doesNotContain(Check.REPLICATION_SLOTS);
            run(
                    connection,
                    "SELECT pg_create_logical_replication_slot('somebody_else', 'pgoutput')");
            found(
                    check(its, as(destinationName, "postgres"), "public.*"),
                    Check.REPLICATION_SLOTS,
                    Severity.ERROR,
                    "2 of 2 are taken and 1 more");
        }
    }

    @Test
    void aStandbyIsNeitherSourceNorDestination() throws IOException {
        try (PostgresServer standby = PostgresServer.start(Map.of("fsync", "off"))) {
            standby.stop();
            Files.createFile(standby.data().resolve("standby.signal"));
            standby.restart();
            Database its =
                    new Database(
                            "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(standby.port()),
                            Map.of("user", "postgres"));

            List<Finding> findings = check(its, its);

            found(findings, Check.SOURCE_STANDBY, Severity.ERROR, "primary");
            found(findings, Check.DESTINATION_READ_ONLY, Severity.ERROR, "standby");
            found(findings, Check.SAME_DATABASE, Severity.ERROR, "onto themselves");
        }
    }

    @Test
    void versionsThatAreNotSupportedAreNamed() throws SQLException {
        Findings findings = new Findings();
        SourceServerChecks checks =
                new SourceServerChecks(request("public.*", _ -> table()), findings);
        for (int version : List.of(130_020, 190_000, 160_009, 160_010)) {
            checks.run(source, facts(version));
        }
        DestinationFacts old =
                new DestinationFacts(
                        facts(120_003), true, Map.of(), Map.of(), Set.of(), Map.of(), true);
        new DestinationServerChecks(REPORTING, old, findings).run(null);

        assertThat(sentences(findings.sorted(), Check.SOURCE_VERSION))
                .hasSize(2)
                .anyMatch(sentence -> sentence.contains("13.20"))
                .anyMatch(sentence -> sentence.contains("19.0"));
        assertThat(sentences(findings.sorted(), Check.FIXED_TRACKS))
                .singleElement()
                .asString()
                .contains("16.9", "16.10 or later");
        found(findings.sorted(), Check.DESTINATION_VERSION, Severity.ERROR, "12.3", "13 to 18");
        SEEN.add(Check.SOURCE_VERSION);
        SEEN.add(Check.FIXED_TRACKS);
    }

    private static ServerFacts facts(int version) {
        return new ServerFacts(version, false, false, "UTF8", "1/1", "db", "r", true, true, true);
    }

    @Test
    void patternsThatMeanNoTableAreExplained() throws SQLException {
        run(
                source,
                """
                CREATE TABLE orders (id int PRIMARY KEY); CREATE VIEW totals AS SELECT 1 AS one;
                CREATE TABLE clicks (at date PRIMARY KEY) PARTITION BY RANGE (at);
                CREATE TABLE clicks_1 PARTITION OF clicks DEFAULT;
                CREATE MATERIALIZED VIEW sums AS SELECT 1 AS one;
                """);

        List<Finding> findings =
                check("public.orders", "public.oders", "public.totals", "public.clicks_1", "x.*");

        assertThat(sentences(findings, Check.PATTERN_WITHOUT_TABLE))
                .hasSize(2)
                .anyMatch(s -> s.contains("nearest names are public.orders"));
        found(findings, Check.NOT_A_TABLE, Severity.ERROR, "a view");
        found(findings, Check.NAMED_PARTITION, Severity.ERROR, "clicks_1");
        found(
                check("public.*", "!public.*"),
                Check.PATTERN_WITHOUT_TABLE,
                Severity.ERROR,
                "no table of the source is selected");
    }

    @Test
    void tablesWhoseChangesCannotBePublishedAreRefused() throws SQLException {
        run(
                source,
                """
                CREATE UNLOGGED TABLE cache (id int PRIMARY KEY);
                CREATE TABLE keyless (id int);
                CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE);
                CREATE TABLE mute (id int PRIMARY KEY); ALTER TABLE mute REPLICA IDENTITY NOTHING;
                CREATE TABLE clicks (id int) PARTITION BY RANGE (id);
                CREATE TABLE clicks_1 PARTITION OF clicks FOR VALUES FROM (1) TO (9);
                CREATE TABLE clicks_2 PARTITION OF clicks DEFAULT;
                ALTER TABLE clicks REPLICA IDENTITY FULL; ALTER TABLE clicks_1 REPLICA IDENTITY FULL;
                CREATE TABLE parent (id int PRIMARY KEY);
                CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (parent);
                CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
                CREATE TABLE logs (id int) PARTITION BY RANGE (id); ALTER TABLE logs REPLICA IDENTITY FULL;
                CREATE FOREIGN TABLE logs_far PARTITION OF logs FOR VALUES FROM (1) TO (9) SERVER far;
                """);

        List<Finding> findings = check("public.*");

        found(findings, Check.UNLOGGED_TABLE, Severity.ERROR, "\"cache\" SET LOGGED");
        assertThat(sentences(findings, Check.REPLICA_IDENTITY))
                .hasSize(4)
                .allMatch(s -> s.contains("REPLICA IDENTITY FULL") && s.contains("\"!public."))
                .anyMatch(s -> s.contains("\"keyless\"") && s.contains("no primary key"))
                .anyMatch(s -> s.contains("\"deferred\"") && s.contains("deferrable"))
                .anyMatch(s -> s.contains("\"mute\"") && s.contains("NOTHING"))
                .anyMatch(s -> s.contains("\"clicks_2\"") && s.contains("\"!public.clicks\""));
        found(findings, Check.REPLICA_IDENTITY, Severity.ERROR, "refuse");
        assertThat(sentences(findings, Check.INHERITANCE)).hasSize(2);
        found(findings, Check.INHERITANCE, Severity.WARNING, "stands by itself");
        found(findings, Check.FOREIGN_PARTITION, Severity.WARNING, "foreign table");
    }

    @Test
    void generatedColumnsAreSaidAndRefusedWhereTheyWouldStopTheApplication() throws SQLException {
        run(
                source,
                """
                CREATE TABLE keyed (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
                CREATE TABLE entire (id int, twice int GENERATED ALWAYS AS (id * 2) STORED);
                ALTER TABLE entire REPLICA IDENTITY FULL;
                """);

        List<Finding> findings = check("public.*");

        found(findings, Check.GENERATED_COLUMNS, Severity.INFO, "twice");
        found(findings, Check.GENERATED_IN_IDENTITY, Severity.ERROR, "refuse");
        run(source, "CREATE PUBLICATION p FOR TABLE entire");
        assertThatThrownBy(() -> run(source, "UPDATE entire SET id = 2"))
                .as("what the finding says of PostgreSQL 18")
                .hasMessageContaining("cannot update table");
    }

    @Test
    void keyConsistencyIsRefusedWhereTheOrderBetweenRowsMatters() throws SQLException {
        run(
                source,
                """
                CREATE TABLE plain (id int PRIMARY KEY, mail text);
                CREATE TABLE users (id int PRIMARY KEY, mail text UNIQUE);
                CREATE TABLE entire (id int); ALTER TABLE entire REPLICA IDENTITY FULL;
                CREATE TABLE loose (id numeric PRIMARY KEY);
                """);
        run(destination, "CREATE TABLE plain (id int PRIMARY KEY, mail text UNIQUE)");

        List<Finding> findings =
                Preflight.check(
                        request(
                                "public.*",
                                _ -> new CheckRequest.Wish(new Consistency.Key(4), Track.BULK)));

        assertThat(sentences(findings, Check.KEY_CONSISTENCY))
                .hasSize(4)
                .anyMatch(s -> s.contains("equal values of id (numeric)"))
                .anyMatch(s -> s.contains("users_mail_key"))
                .anyMatch(s -> s.contains("plain_mail_key") && s.contains("of the destination"))
                .anyMatch(s -> s.contains("do not carry one"));
        found(findings, Check.KEY_CONSISTENCY, Severity.ERROR, "consistency 'table'");
    }

    @Test
    void aRoleThatOwnsNothingIsToldThePublicationToAskFor() throws SQLException {
        run(
                source,
                """
                CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE clicks (id int PRIMARY KEY);
                CREATE TABLE safe (id int PRIMARY KEY);
                ALTER TABLE orders OWNER TO shop_owner; ALTER TABLE clicks OWNER TO shop_owner;
                ALTER TABLE safe OWNER TO shop_owner; ALTER TABLE safe ENABLE ROW LEVEL SECURITY;
                CREATE SCHEMA hidden; CREATE TABLE hidden.things (id int PRIMARY KEY);
                ALTER TABLE hidden.things OWNER TO shop_owner;
                GRANT SELECT ON orders, safe, hidden.things TO replicator;
                """);

        List<Finding> findings =
                check(as(sourceName, "replicator"), as(destinationName, "postgres"), "*.*");

        found(
                findings,
                Check.PUBLICATION_RIGHTS,
                Severity.ERROR,
                "GRANT \"shop_owner\" TO \"replicator\"",
                "CREATE PUBLICATION \"tidetable_shop_bulk\" FOR TABLE",
                "\"public\".\"orders\"",
                "CREATE PUBLICATION \"tidetable_shop_express\" WITH (publish_via_partition_root = true)");
        found(
                findings,
                Check.SOURCE_PRIVILEGES,
                Severity.ERROR,
                "GRANT USAGE ON SCHEMA \"hidden\" TO \"replicator\"");
        assertThat(sentences(findings, Check.SOURCE_PRIVILEGES))
                .contains(
                        "the role may not read 1 table(s) it is to copy: GRANT SELECT ON \"public\".\"clicks\" TO \"replicator\"");
        found(findings, Check.SOURCE_ROW_SECURITY, Severity.ERROR, "\"replicator\" BYPASSRLS");
        assertThat(findings).extracting(Finding::check).doesNotContain(Check.REPLICATION_ROLE);
    }

    @Test
    void theSqlThatAFindingPrintsMendsIt() throws SQLException {
        run(
                source,
                "CREATE TABLE orders (id int PRIMARY KEY); ALTER TABLE orders OWNER TO shop_owner; GRANT SELECT ON orders TO replicator");
        Database replicator = as(sourceName, "replicator");
        Database writable = as(destinationName, "postgres");
        String sentence =
                sentences(check(replicator, writable, "public.*"), Check.PUBLICATION_RIGHTS)
                        .getFirst();

        run(source, sentence.substring(sentence.indexOf("CREATE PUBLICATION")));

        List<Finding> after = check(replicator, writable, "public.*");
        assertThat(Preflight.refuses(after)).isFalse();
        found(after, Check.PUBLICATION_RIGHTS, Severity.WARNING, "cannot change their track");
    }

    @Test
    void aRoleThatMayNotStreamIsToldSo() throws SQLException {
        run(source, "CREATE TABLE orders (id int PRIMARY KEY)");

        found(
                check(as(sourceName, "reader"), as(destinationName, "postgres"), "public.*"),
                Check.REPLICATION_ROLE,
                Severity.ERROR,
                "ALTER ROLE \"reader\" REPLICATION");
    }

    @Test
    void encodingsThatDifferAreSaid() throws SQLException {
        try (Connection any = server.connect("postgres")) {
            for (String encoding : List.of("LATIN1", "SQL_ASCII")) {
                run(
                        any,
                        "CREATE DATABASE %s%s ENCODING '%s' LOCALE 'C' TEMPLATE template0"
                                .formatted(encoding, sourceName, encoding));
            }
        }
        run(source, "CREATE TABLE orders (id int PRIMARY KEY)");
        Database utf8 = as(sourceName, "postgres");
        Database latin1 = as(("latin1" + sourceName), "postgres");
        Database ascii = as(("sql_ascii" + sourceName), "postgres");

        found(check(utf8, latin1, "public.*"), Check.ENCODING, Severity.WARNING, "set aside");
        found(check(latin1, utf8, "public.*"), Check.ENCODING, Severity.INFO, "converted");
        found(check(utf8, ascii, "public.*"), Check.ENCODING, Severity.WARNING, "SQL_ASCII");
    }

    @Test
    void aDestinationRoleWithoutRightsIsToldWhichItNeeds() throws SQLException {
        run(
                source,
                """
                CREATE EXTENSION pageinspect; CREATE EXTENSION seg;
                CREATE SCHEMA sales; CREATE TABLE sales.orders (id int PRIMARY KEY);
                CREATE TABLE lengths (id int PRIMARY KEY, s seg);
                CREATE TABLE clicks (id int PRIMARY KEY);
                CREATE TABLE guarded (id int PRIMARY KEY);
                CREATE TABLE codes (id int PRIMARY KEY);
                """);
        run(
                destination,
                """
                CREATE TABLE clicks (id int PRIMARY KEY); GRANT SELECT, INSERT ON clicks TO writer;
                CREATE TABLE guarded (id int PRIMARY KEY); GRANT ALL ON guarded TO writer;
                ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
                ALTER ROLE writer SET default_transaction_read_only = on;
                """);
        Database writer = as(destinationName, "writer");

        List<Finding> findings = check(as(sourceName, "postgres"), writer, "*.*");
        run(destination, "ALTER ROLE writer RESET default_transaction_read_only");

        found(findings, Check.DESTINATION_READ_ONLY, Severity.ERROR, "read_only = off");
        found(findings, Check.DESTINATION_BOOKKEEPING, Severity.ERROR, "GRANT CREATE ON DATABASE");
        assertThat(sentences(findings, Check.DESTINATION_CREATE))
                .hasSize(2)
                .anyMatch(s -> s.contains("CREATE SCHEMA \"sales\" AUTHORIZATION \"writer\""))
                .anyMatch(s -> s.contains("GRANT USAGE, CREATE ON SCHEMA \"public\""));
        found(findings, Check.DESTINATION_CREATE, Severity.ERROR, "missing");
        found(
                findings,
                Check.DESTINATION_PRIVILEGES,
                Severity.ERROR,
                "GRANT UPDATE, DELETE, TRUNCATE ON \"public\".\"clicks\" TO \"writer\"");
        found(findings, Check.DESTINATION_ROW_SECURITY, Severity.ERROR, "BYPASSRLS");
        found(findings, Check.EXTENSION, Severity.ERROR, "CREATE EXTENSION \"seg\"");
        run(destination, "CREATE SCHEMA tidetable");
        found(
                check(as(sourceName, "postgres"), writer, "*.*"),
                Check.DESTINATION_BOOKKEEPING,
                Severity.ERROR,
                "OWNER TO \"writer\"");
    }

    @Test
    void anExtensionThatTheDestinationLacksIsNamed() throws SQLException {
        run(
                source,
                "CREATE EXTENSION seg; CREATE TABLE lengths (id int PRIMARY KEY, s seg[]);"
                        + "UPDATE pg_extension SET extname = 'not_there' WHERE extname = 'seg'");

        found(check("public.*"), Check.EXTENSION, Severity.ERROR, "install its package");
    }

    @Test
    void objectsInTheWayAtTheDestinationAreFound() throws SQLException {
        run(
                source,
                """
                CREATE TABLE orders (id bigint PRIMARY KEY, note text, total numeric(8,2), n int);
                CREATE TABLE clicks (id int PRIMARY KEY);
                CREATE TABLE fine (id int PRIMARY KEY, note varchar(5));
                """);
        run(
                destination,
                """
                CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY, total numeric(8,2) GENERATED ALWAYS AS (1) STORED,
                    n int GENERATED ALWAYS AS IDENTITY, tenant int NOT NULL, region int NOT NULL DEFAULT 1);
                """
                        .replace("id int GENERATED ALWAYS AS IDENTITY", "id int"));
        run(
                destination,
                "INSERT INTO orders (id, tenant) VALUES (1, 1); CREATE VIEW clicks AS SELECT 1 AS id; CREATE TABLE fine (id bigint PRIMARY KEY, note text, more int)");

        List<Finding> findings = check("public.*");

        found(findings, Check.CLASHING_OBJECT, Severity.ERROR, "a view");
        found(findings, Check.FOREIGN_ROWS, Severity.ERROR, "TRUNCATE \"public\".\"orders\"");
        assertThat(sentences(findings, Check.COLUMN_TYPES))
                .hasSize(2)
                .anyMatch(s -> s.contains("ADD COLUMN \"note\" text"))
                .anyMatch(s -> s.contains("ALTER COLUMN \"id\" TYPE bigint"));
        found(findings, Check.COLUMN_TYPES, Severity.ERROR, "there: ALTER TABLE");
        found(findings, Check.EXTRA_COLUMNS, Severity.ERROR, "\"tenant\" DROP NOT NULL");
        found(findings, Check.UNWRITABLE_COLUMN, Severity.ERROR, "\"total\" DROP EXPRESSION");
        found(
                findings,
                Check.UNWRITABLE_COLUMN,
                Severity.WARNING,
                "\"n\" SET GENERATED BY DEFAULT");
        found(
                findings,
                Check.DESTINATION_KEY,
                Severity.WARNING,
                "ON \"public\".\"orders\" (\"id\")");
        assertThat(findings).noneMatch(f -> f.subject().endsWith("public.fine"));
    }

    @Test
    void rowsOfOurOwnAreNotInTheWay() throws SQLException {
        run(source, "CREATE TABLE orders (id int PRIMARY KEY)");
        run(destination, "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)");
        Bookkeeping.create(destination);
        assertThat(Preflight.refuses(check("public.*"))).isTrue();

        run(
                destination,
                "INSERT INTO tidetable.replicated_table (pipeline, namespace, name, lane, track, state) VALUES ('shop', 'public', 'orders', 'x', 'bulk', 'WAITING')");

        assertThat(Preflight.refuses(check("public.*"))).isFalse();
    }

    @Test
    void triggersAndForeignKeysAreInTheWayOnlyOfARoleThatCannotSwitchThemOff() throws SQLException {
        run(
                source,
                "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE lines (id int PRIMARY KEY, o int)");
        run(
                destination,
                """
                CREATE TABLE orders (id int PRIMARY KEY);
                CREATE TABLE lines (id int PRIMARY KEY, o int REFERENCES orders);
                CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TRIGGER sometimes BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION nothing();
                CREATE TRIGGER always BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION nothing();
                ALTER TABLE lines ENABLE ALWAYS TRIGGER always;
                GRANT ALL ON orders, lines TO writer;
                """);
        run(destination, "GRANT CREATE ON DATABASE \"%s\" TO writer".formatted(destinationName));
        Database writer = as(destinationName, "writer");
        Database origin = as(sourceName, "postgres");

        List<Finding> without = check(origin, writer, "public.*");
        List<Finding> superuser = check("public.*");
        List<Finding> grouped =
                Preflight.check(
                        request(
                                origin,
                                writer,
                                _ ->
                                        new CheckRequest.Wish(
                                                new Consistency.Group("shop"), Track.BULK),
                                "public.*"));

        assertThat(sentences(without, Check.TRIGGERS)).hasSize(2);
        found(without, Check.TRIGGERS, Severity.ERROR, "DISABLE TRIGGER \"sometimes\"");
        found(
                without,
                Check.FOREIGN_KEYS,
                Severity.ERROR,
                "DROP CONSTRAINT \"lines_o_fkey\"",
                "GRANT SET ON PARAMETER session_replication_role TO \"writer\"");
        assertThat(sentences(grouped, Check.FOREIGN_KEYS)).isEmpty();
        assertThat(superuser)
                .filteredOn(f -> f.severity() != Severity.INFO)
                .singleElement()
                .matches(f -> f.check() == Check.TRIGGERS && f.severity() == Severity.WARNING);
        run(destination, "GRANT SET ON PARAMETER session_replication_role TO writer");
        assertThat(Preflight.refuses(check(origin, writer, "public.*"))).isFalse();
        run(destination, "REVOKE SET ON PARAMETER session_replication_role FROM writer");
    }

    private static CheckRequest.Wish table() {
        return new CheckRequest.Wish(new Consistency.Table(), Track.BULK);
    }

    private static void found(
            List<Finding> findings, Check check, Severity severity, String... fragments) {
        assertThat(findings)
                .filteredOn(f -> f.check() == check && f.severity() == severity)
                .as("%s findings of %s among %s", severity, check, findings)
                .anySatisfy(f -> assertThat(f.line()).contains(fragments));
        SEEN.add(check);
    }

    private static List<String> sentences(List<Finding> findings, Check check) {
        return findings.stream().filter(f -> f.check() == check).map(Finding::sentence).toList();
    }

    private List<Finding> check(String... patterns) {
        return check(as(sourceName, "postgres"), as(destinationName, "postgres"), patterns);
    }

    private static List<Finding> check(Database from, Database to, String... patterns) {
        return Preflight.check(request(from, to, _ -> table(), patterns));
    }

    private CheckRequest request(String pattern, Function<TableId, CheckRequest.Wish> wishes) {
        return request(
                as(sourceName, "postgres"), as(destinationName, "postgres"), wishes, pattern);
    }

    private static CheckRequest request(
            Database from,
            Database to,
            Function<TableId, CheckRequest.Wish> wishes,
            String... patterns) {
        return new CheckRequest(
                "shop",
                from,
                Map.of(REPORTING, to),
                TableSelection.of(List.of(patterns)),
                Set.of(Track.EXPRESS, Track.BULK),
                wishes);
    }

    private static String jdbc(String database) {
        return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(server.port(), database);
    }

    private static Database as(String database, String user) {
        return new Database(jdbc(database), Map.of("user", user));
    }

    private static void run(Connection side, String sql) throws SQLException {
        try (Statement statement = side.createStatement()) {
            statement.execute(sql);
        }
    }
}
