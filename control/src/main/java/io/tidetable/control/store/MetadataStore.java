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
     * Makes or updates the tables.
     *
     * @throws TidetableException TT-636 when that fails
     */
    public void start() {
        migrate(source);
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
            Flyway.configure(MetadataStore.class.getClassLoader())
                    .dataSource(new OpenedConnections(source, "tidetable migration"))
                    .locations("classpath:io/tidetable/control/store/migration")
                    .defaultSchema("tidetable")
                    .schemas("tidetable")
                    .table("metadata_version")
                    // The schema may be there before: the data plane notes its progress in it.
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    .validateMigrationNaming(true)
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new TidetableException(
                    "TT-636",
                    "the metadata store could not be made or updated: %s; its database needs a role that may create the schema tidetable and tables in it"
                            .formatted(firstLine(e)),
                    e);
        }
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
        return new SchemaStore(open(), pipeline);
    }

    /** The classification rules. */
    public RuleStore rules() {
        return new RuleStore(open(), pipeline, audit());
    }

    /** The overrides. */
    public OverrideStore overrides() {
        return new OverrideStore(open(), pipeline, audit());
    }

    /** The functions declared while it ran. */
    public FunctionStore functions() {
        return new FunctionStore(open(), pipeline, audit());
    }

    /** Everything that administrators have said. */
    public DeclaredStore declared() {
        return new DeclaredStore(open(), rules(), overrides());
    }

    /** The access tokens. */
    public TokenStore tokens() {
        return new TokenStore(open(), pipeline, audit());
    }

    /** Who changed what. */
    public AuditStore audit() {
        return new AuditStore(open(), pipeline);
    }

    private Jdbi open() {
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
