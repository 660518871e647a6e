package io.tidetable.control.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.tidetable.model.TidetableException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jspecify.annotations.Nullable;

/**
 * What the control plane must know again after a restart: the schema {@code tidetable} of a
 * PostgreSQL database, which may be a destination's. {@link #start} brings it to this version.
 * Thread-safe.
 */
public final class MetadataStore implements AutoCloseable {
    private static final int CONNECTIONS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ConnectionSource source;
    private final String pipeline;
    private @Nullable HikariDataSource pool;
    private @Nullable ChangeListener listener;
    private @Nullable Jdbi jdbi;

    /**
     * A store that is not opened yet.
     *
     * @param pipeline whose rows are meant; several pipelines may share a database
     */
    public MetadataStore(ConnectionSource source, String pipeline) {
        this.source = source;
        this.pipeline = pipeline;
    }

    /**
     * Makes or updates the tables, where {@link #startAsItIs} has not found them made.
     *
     * @throws TidetableException TT-636 when that fails
     */
    public void start() {
        if (pool == null) {
            migrate(source);
            open();
        }
    }

    /**
     * Opens it where the tables are there as this version makes them. Changes nothing.
     *
     * @return whether it is open
     * @throws TidetableException TT-636 when the database does not answer
     */
    public boolean startAsItIs() {
        try {
            if (!migrations(source).validateWithResult().validationSuccessful) {
                return false;
            }
        } catch (FlywayException e) {
            throw unusable(e);
        }
        open();
        return true;
    }

    private void open() {
        HikariConfig config = new HikariConfig();
        config.setPoolName("metadata");
        config.setDataSource(new OpenedConnections(source, "tidetable metadata"));
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(PATIENCE.toMillis());
        HikariDataSource opened = new HikariDataSource(config);
        pool = opened;
        jdbi = Jdbi.create(opened).installPlugin(new PostgresPlugin());
    }

    /** Makes or updates the tables of a database. */
    static void migrate(ConnectionSource source) {
        try {
            migrations(source).migrate();
        } catch (FlywayException e) {
            throw unusable(e);
        }
    }

    private static Flyway migrations(ConnectionSource source) {
        return Flyway.configure(MetadataStore.class.getClassLoader())
                .dataSource(new OpenedConnections(source, "tidetable migration"))
                .locations("classpath:io/tidetable/control/store/migration")
                .defaultSchema("tidetable")
                .schemas("tidetable")
                .table("metadata_version")
                // The schema may be there before: the data plane notes its progress in it.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .validateMigrationNaming(true)
                .load();
    }

    private static TidetableException unusable(FlywayException e) {
        return new TidetableException(
                "TT-636",
                "the metadata store could not be made or updated: %s; its database needs a role that may create the schema tidetable and tables in it"
                        .formatted(firstLine(e)),
                e);
    }

    private static String firstLine(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return Objects.requireNonNullElse(root.getMessage(), root.getClass().getSimpleName())
                .lines()
                .findFirst()
                .orElse("");
    }

    /**
     * Tells of changes from now on, and once at the beginning of everything; within a second of
     * their commit, on a thread of its own.
     */
    public void listen(Consumer<Set<Kind>> told) {
        ChangeListener listening = new ChangeListener(source, pipeline, told);
        listener = listening;
        listening.start();
    }

    /** The replication schemas. */
    public SchemaStore schemas() {
        return new SchemaStore(opened(), pipeline);
    }

    /** The classification rules. */
    public RuleStore rules() {
        return new RuleStore(opened(), pipeline, audit());
    }

    /** The overrides. */
    public OverrideStore overrides() {
        return new OverrideStore(opened(), pipeline, audit());
    }

    /** The functions declared while it ran. */
    public FunctionStore functions() {
        return new FunctionStore(opened(), pipeline, audit());
    }

    /** Everything that administrators have said. */
    public DeclaredStore declared() {
        return new DeclaredStore(opened(), rules(), overrides());
    }

    /** The access tokens. */
    public TokenStore tokens() {
        return new TokenStore(opened(), pipeline, audit());
    }

    /** Who changed what. */
    public AuditStore audit() {
        return new AuditStore(opened(), pipeline);
    }

    private Jdbi opened() {
        return Objects.requireNonNull(jdbi, "not started");
    }

    @Override
    public void close() {
        ChangeListener listening = listener;
        listener = null;
        if (listening != null) {
            listening.close();
        }
        HikariDataSource opened = pool;
        pool = null;
        if (opened != null) {
            opened.close();
        }
    }
}
