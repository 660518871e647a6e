package io.tidetable.control.plane;

import io.tidetable.control.store.Key;
import io.tidetable.control.store.Kind;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.ReplicationSchemas;
import io.tidetable.model.schema.SchemaOverride.InForce;
import io.tidetable.model.schema.Strategy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides how each table is replicated to each destination, and keeps that. {@link #start}
 * classifies what is to be replicated, {@link #follow} tells the data plane of what changes later.
 *
 * <p>An override stands above everything; then what the settings file says of a table; then the
 * first rule of an administrator that matches; then the defaults. A version that something else has
 * saved since the rules last spoke (a planner, a rollback) stays until the rules say something new.
 *
 * <p>Thread-safe.
 */
public final class ControlPlane implements ReplicationSchemas, AutoCloseable {
    /** Who is named where no person decided. */
    public static final String ITSELF = "tidetable";

    private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final MetadataStore store;
    private final CurrentSchemas current;
    private final Verdicts verdicts;
    private final RuleDesk rules;
    private final OverrideDesk overrides;
    private final Declarations declarations;
    private final DeclaredFunctions functions;
    private final SchemaVersions versions;
    private final Reclassification reclassification;
    private final Reclassifier reclassifier;
    private final AtomicLong audited = new AtomicLong();
    private @Nullable Follower follower;
    private @Nullable Thread reading;
    private boolean readAhead;

    /**
     * A control plane that is not started yet, and changes no class by itself later.
     *
     * @param store closed with this
     */
    public ControlPlane(MetadataStore store, Replicated replicated, InstantSource clock) {
        this(store, replicated, Reclassification.NEVER, clock);
    }

    /**
     * A control plane that is not started yet.
     *
     * @param store closed with this
     */
    public ControlPlane(
            MetadataStore store,
            Replicated replicated,
            Reclassification reclassification,
            InstantSource clock) {
        RuleBook book = new RuleBook(store, replicated.rules());
        this.store = store;
        this.current = new CurrentSchemas(store, replicated.destinations().keySet(), clock);
        this.verdicts = new Verdicts(store, new Observer(replicated), current, book, clock);
        this.rules = new RuleDesk(store, book, verdicts, current, clock);
        this.overrides = new OverrideDesk(store, current, clock);
        this.declarations = new Declarations(store, book, verdicts, current, clock);
        this.functions = new DeclaredFunctions(store, clock);
        this.versions = new SchemaVersions(store, current, clock);
        this.reclassification = reclassification;
        this.reclassifier = new Reclassifier(store, verdicts, reclassification, clock);
    }

    /**
     * Opens the metadata store and classifies every selected table, so that replication can begin.
     *
     * @throws TidetableException when a server does not answer or a stored rule cannot be used
     */
    public void start() {
        if (hasReadAhead()) {
            current.catchUp(EnumSet.allOf(Kind.class));
        } else {
            store.start();
            current.reload();
            verdicts.observe();
        }
        verdicts.saveWhatIsSaidAnew();
    }

    /**
     * Begins to read what {@link #start} needs, while its caller does something else. Changes
     * nothing anywhere; what cannot be read now is left to the start.
     */
    public void readAhead() {
        reading =
                Thread.ofVirtual()
                        .name("control-reads-ahead")
                        .start(() -> {
                            try {
                                if (store.startAsItIs()) {
                                    current.reload();
                                    verdicts.observe();
                                    verdicts.thinkAhead();
                                    readAhead = true;
                                }
                            } catch (RuntimeException e) {
                                LOG.debug(
                                        "what the start needs could not be read ahead: {}",
                                        e.getMessage());
                            }
                        });
    }

    private void stopReading() {
        if (reading == null) {
            return;
        }
        reading.interrupt();
        try {
            reading.join(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for it, and says whether everything was read. */
    boolean hasReadAhead() {
        try {
            if (reading != null) {
                reading.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TidetableException("TT-636", "the start was interrupted", e);
        }
        return readAhead;
    }

    /** The metadata store. */
    public MetadataStore store() {
        return store;
    }

    /** The rules of administrators. */
    public RuleDesk rules() {
        return rules;
    }

    /** What administrators have pinned. */
    public OverrideDesk overrides() {
        return overrides;
    }

    /** What administrators declare as a whole. */
    public Declarations declarations() {
        return declarations;
    }

    /** The functions that were declared while it ran. */
    public DeclaredFunctions functions() {
        return functions;
    }

    /** The versions of all replication schemas. */
    public SchemaVersions versions() {
        return versions;
    }

    @Override
    public Map<TableId, ReplicationSchema> inForce(
            DestinationId destination, Collection<TableId> tables) {
        verdicts.saveLate(destination, tables);
        Map<TableId, ReplicationSchema> found = new TreeMap<>();
        for (TableId table : tables) {
            found.put(table, inForce(new Key(table, destination)).schema());
        }
        return found;
    }

    /**
     * What counts for a table at a destination now.
     *
     * @throws TidetableException TT-638 when it is not replicated there
     */
    public InForce inForce(Key key) {
        return current.inForce(key);
    }

    /** What counts for every table at every destination now. */
    public List<InForce> inForce() {
        return current.inForce();
    }

    /** Looks at the figures once, as it happens by itself again and again. */
    Set<Key> look() {
        return reclassifier.look();
    }

    /**
     * Tells of everything that counts from now on in another way, of each table when it changes: by
     * a new version, an override, or an override's end. Begins with what counts now.
     *
     * @param told called from one thread; what it throws is told again later
     */
    public void follow(Consumer<InForce> told) {
        follow(told, FunctionUser.NONE);
    }

    /**
     * The same, where functions are declared while it runs.
     *
     * @param user hears of functions before of the tables that are carried for them
     */
    public void follow(Consumer<InForce> told, FunctionUser user) {
        functions.usedBy(user);
        Follower following = new Follower(current::inForce, current::nextTurn, told, RETRY);
        follower = following;
        following.start();
        current.listen(following::wake);
        store.listen(changed -> {
            if (changed.contains(Kind.AUDIT)) {
                audited.incrementAndGet();
            }
            current.catchUp(changed);
            if (changed.contains(Kind.FUNCTIONS) && functions.use()) {
                following.tellAgain(it -> it.schema().strategy() instanceof Strategy.Functional);
            }
            following.wake();
        });
        if (reclassification.automatic()) {
            reclassifier.start();
        }
    }

    /** Rises with everything that is written to the audit, whoever writes it. */
    public long audited() {
        return audited.get();
    }

    @Override
    public void close() {
        stopReading();
        reclassifier.close();
        Follower following = follower;
        follower = null;
        if (following != null) {
            following.close();
        }
        store.close();
    }
}
