package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.pipeline.PipelineSettings.LostChanges;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.AppendOnlyCounters;
import io.tidetable.testkit.BankTransfers;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.FaultProxy;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Replication under load between two servers that a test may treat badly: transfers on the express
 * track, counters on the bulk track, both ways through proxies. A reader checks the destination all
 * the time, somebody looks at the status all the time, and the log is heard.
 */
final class FaultWorld implements AutoCloseable {
    static final DestinationId REPORTING = new DestinationId("reporting");
    static final Duration LIMIT = Duration.ofSeconds(90);

    private final DatabasePair databases;
    private final Path directory;
    private final FaultProxy sourceProxy;
    private final FaultProxy destinationProxy;
    private final BankTransfers bank = new BankTransfers(200);
    private final AppendOnlyCounters counters = new AppendOnlyCounters(5);
    private final List<WorkloadRun> load = new ArrayList<>();
    private final LogEars log = new LogEars();
    private Map<String, String> sourceLogin = Map.of();
    private Map<String, String> destinationLogin = Map.of();
    private LostChanges lostChanges = LostChanges.MERGE;
    private PipelineSettings.Journal journal = PipelineSettings.Journal.DEFAULT;
    private InstantSource clock = InstantSource.system();
    private @Nullable Replication replication;
    private @Nullable StatusPolling polling;
    private @Nullable ContinuousChecks checks;

    FaultWorld(PostgresServer source, PostgresServer destination, Path directory) {
        this.databases = Servers.pairOn(source, destination);
        this.directory = directory;
        sourceProxy = FaultProxy.to(source.port());
        destinationProxy = FaultProxy.to(destination.port());
    }

    FaultWorld lostChanges(LostChanges chosen) {
        lostChanges = chosen;
        return this;
    }

    FaultWorld clock(InstantSource chosen) {
        clock = chosen;
        return this;
    }

    FaultWorld sourceLogin(String user, String password) {
        sourceLogin = Map.of("user", user, "password", password);
        return this;
    }

    FaultWorld destinationLogin(String user, String password) {
        destinationLogin = Map.of("user", user, "password", password);
        return this;
    }

    /** Files of 256 kB, and so many bytes of the disk to stay free. */
    FaultWorld diskReserve(ByteSize reserve) {
        journal =
                new PipelineSettings.Journal(
                        ByteSize.megabytes(500),
                        ByteSize.megabytes(500),
                        reserve,
                        new ByteSize(256 << 10));
        return this;
    }

    /** Files of 256 kB, and so much in all on each track. */
    FaultWorld bounded(ByteSize track) {
        journal =
                new PipelineSettings.Journal(
                        track, track, ByteSize.megabytes(64), new ByteSize(256 << 10));
        return this;
    }

    /** Makes the tables, begins the load and the replication, and waits until all streams. */
    FaultWorld start() throws Exception {
        log.listen();
        try (Connection connection = databases.connectSource()) {
            bank.create(connection);
            counters.create(connection);
        }
        resumeLoad();
        begin();
        awaitStreaming();
        checks = ContinuousChecks.start(databases.destinationJdbcUrl(), bank, counters);
        return this;
    }

    /** The load begins, or goes on after {@link #restLoad}. */
    void resumeLoad() {
        load.add(WorkloadRun.start(bank, databases.sourceJdbcUrl(), 2, 1, 80));
        load.add(WorkloadRun.start(counters, databases.sourceJdbcUrl(), 2, 2, 40));
    }

    /** Nothing is written at the source for a while. */
    void restLoad() {
        load.forEach(WorkloadRun::stop);
    }

    /** Begins the replication, again after {@link #end}. */
    void begin() {
        Replication begun = new Replication(settings(), Faults.NONE, clock);
        replication = begun;
        StatusPolling looking = new StatusPolling(begun);
        polling = looking;
        looking.start();
        begun.start();
    }

    /** Ends the replication. */
    void end() {
        if (polling != null) {
            polling.close();
        }
        if (replication != null) {
            replication.close();
        }
        replication = null;
    }

    private PipelineSettings settings() {
        return new PipelineSettings(
                databases.sourceName(),
                new Database(
                        sourceProxy.through(login(databases.sourceJdbcUrl(), sourceLogin)),
                        sourceLogin),
                List.of(
                        new PipelineSettings.Destination(
                                REPORTING,
                                new Database(
                                        destinationProxy.through(
                                                login(
                                                        databases.destinationJdbcUrl(),
                                                        destinationLogin)),
                                        destinationLogin),
                                3)),
                List.of(rule("public.*", Track.BULK), rule("public.bank_accounts", Track.EXPRESS)),
                directory,
                journal,
                PipelineBuilder.SMALL,
                new PipelineSettings.Moves(false, PipelineSettings.Moves.DEFAULT.limits()),
                List.of(),
                false,
                lostChanges);
    }

    private static String login(String url, Map<String, String> login) {
        return login.isEmpty() ? url : url.replace("?user=postgres", "");
    }

    private static PipelineSettings.TableRule rule(String pattern, Track track) {
        return new PipelineSettings.TableRule(pattern, true, new Consistency.Table(), 1, track);
    }

    DatabasePair databases() {
        return databases;
    }

    /** Cuts connections under load, then lets nobody connect for a while. */
    void cutOften(FaultProxy proxy) throws Exception {
        for (int time = 0; time < 5; time++) {
            proxy.cut();
            awaitLoad(40);
        }
        proxy.refuse();
        proxy.cut();
        awaitLoad(100);
        proxy.accept();
    }

    FaultProxy sourceProxy() {
        return sourceProxy;
    }

    FaultProxy destinationProxy() {
        return destinationProxy;
    }

    LogEars log() {
        return log;
    }

    Replication replication() {
        if (replication == null) {
            throw new IllegalStateException("not begun");
        }
        return replication;
    }

    long committed() {
        return load.stream().mapToLong(WorkloadRun::committed).sum();
    }

    /** The load goes on by so many transactions. */
    void awaitLoad(int transactions) {
        long until = committed() + transactions;
        Awaitility.await().atMost(LIMIT).until(() -> committed() >= until);
    }

    void awaitStreaming() {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        replication().status().destinations().stream()
                                        .flatMap(it -> it.tables().stream())
                                        .filter(it -> it.state() == TableState.STREAMING)
                                        .count()
                                == 2);
    }

    /** What was committed up to now arrives, however long the way is. */
    void awaitArrival() throws Exception {
        Lsn position = position();
        assertThat(replication().awaitComplete(REPORTING, Set.of(), position, LIMIT))
                .as(() -> replication().status() + "\n" + String.join("\n", log.lines()))
                .isTrue();
    }

    /** The source's position, asked for past the proxy. */
    private Lsn position() throws SQLException {
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text")) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    /** Ends the load and compares: nothing lost, nothing doubled, never wrong in between. */
    void assertSound() throws Exception {
        restLoad();
        awaitArrival();
        awaitStreaming();
        databases.comparer().assertEqual();
        if (checks != null) {
            checks.assertNeverViolated();
        }
        assertThat(log.count("failed unexpectedly"))
                .as(() -> String.join("\n", log.lines()))
                .isZero();
        assertThat(replication().failure()).isEmpty();
        if (polling != null) {
            assertThat(polling.failure()).isEmpty();
        }
    }

    @Override
    public void close() throws SQLException {
        restLoad();
        if (checks != null) {
            checks.close();
        }
        end();
        sourceProxy.close();
        destinationProxy.close();
        databases.close();
        log.close();
    }
}
