package io.tidetable.control.plane;

import io.tidetable.control.classify.Verdict;
import io.tidetable.control.document.Documents;
import io.tidetable.control.document.SchemaDocument;
import io.tidetable.control.store.AuditEntry;
import io.tidetable.control.store.Key;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.ReplicationSchema;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the figures again and again while tables are replicated, and gives those another class
 * that have clearly become another one. Each change is announced one look before it is made.
 */
final class Reclassifier implements AutoCloseable {
    static final String ANNOUNCED = "reclassification announced";
    static final String WITHDRAWN = "reclassification withdrawn";

    private static final Logger LOG = LoggerFactory.getLogger(Reclassifier.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LOGGED = 10;

    /** A change counts only where it would be the same with these shares of every rate, too. */
    private static final double[] DOUBTS = {0.8, 1.25};

    private final MetadataStore store;
    private final Verdicts verdicts;
    private final Reclassification settings;
    private final InstantSource clock;
    private final Hysteresis hysteresis;
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean failing;
    private @Nullable Thread thread;

    Reclassifier(
            MetadataStore store,
            Verdicts verdicts,
            Reclassification settings,
            InstantSource clock) {
        this.store = store;
        this.verdicts = verdicts;
        this.settings = settings;
        this.clock = clock;
        this.hysteresis = new Hysteresis(settings);
    }

    void start() {
        thread = Thread.ofVirtual().name("control-reclassifier").start(this::run);
    }

    private void run() {
        try {
            while (!closed.await(settings.interval().toMillis(), TimeUnit.MILLISECONDS)) {
                lookOnce();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookOnce() {
        try {
            look();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing && closed.getCount() > 0) {
                LOG.warn(
                        "tables could not be classified anew: {}; they are replicated as before, and the next look tries again",
                        e.getMessage());
            }
            failing = true;
        }
    }

    /**
     * One look.
     *
     * @return the tables that are replicated in another way now
     */
    synchronized Set<Key> look() {
        verdicts.observe();
        Instant now = clock.instant();
        Hysteresis.Outcome outcome = hysteresis.look(other(), now);
        tell(outcome.withdrawn(), now, WITHDRAWN);
        tell(outcome.announced(), now, ANNOUNCED);
        return outcome.due().isEmpty()
                ? Set.of()
                : verdicts.saveByFigures(outcome.due().stream().map(this::explained).toList());
    }

    /** What is clearly said of tables that are under automatic control, and is something else. */
    private Map<Key, Verdict> other() {
        Map<Key, Verdict> other = new TreeMap<>();
        for (Verdict verdict : verdicts.of(1)) {
            Key key = Key.of(verdict.schema());
            ReplicationSchema automatic = verdicts.automatic(key);
            if (automatic != null && !automatic.asksTheSame(verdict.schema())) {
                other.put(key, verdict);
            }
        }
        for (double doubt : DOUBTS) {
            if (!other.isEmpty()) {
                keepCertain(other, verdicts.of(doubt));
            }
        }
        return other;
    }

    private static void keepCertain(Map<Key, Verdict> other, List<Verdict> doubted) {
        for (Verdict verdict : doubted) {
            Key key = Key.of(verdict.schema());
            Verdict said = other.get(key);
            if (said != null && !said.schema().asksTheSame(verdict.schema())) {
                other.remove(key);
            }
        }
    }

    private Verdict explained(Hysteresis.Candidate due) {
        String sentence =
                "it was so at %d looks in a row since %s".formatted(due.seen(), due.since());
        Evidence evidence = due.verdict().evidence();
        List<String> sentences = new ArrayList<>(evidence.sentences());
        sentences.add(sentence);
        ReplicationSchema schema = due.verdict().schema();
        return new Verdict(
                schema.decided(schema.origin(), schema.reason() + "; " + sentence, schema.at()),
                new Evidence(evidence.rule(), evidence.figures(), sentences));
    }

    private void tell(List<Hysteresis.Candidate> candidates, Instant now, String action) {
        List<AuditEntry> entries = new ArrayList<>();
        for (Hysteresis.Candidate candidate : candidates) {
            ReplicationSchema wanted = candidate.verdict().schema();
            ReplicationSchema automatic = verdicts.automatic(Key.of(wanted));
            if (automatic != null) {
                entries.add(entry(automatic, wanted, now, action));
            }
        }
        if (entries.isEmpty()) {
            return;
        }
        store.audit().note(entries);
        entries.stream()
                .limit(LOGGED)
                .forEach(it -> LOG.info("{} of {}: {}", action, it.subject(), it.reason()));
        if (entries.size() > LOGGED) {
            LOG.info("{} of {} more tables", action, entries.size() - LOGGED);
        }
    }

    private AuditEntry entry(
            ReplicationSchema last, ReplicationSchema wanted, Instant now, String action) {
        String difference =
                Difference.between(last, wanted).stream()
                        .filter(it -> !it.what().equals("reason") && !it.what().equals("origin"))
                        .map(it -> "%s from %s to %s".formatted(it.what(), it.before(), it.after()))
                        .collect(Collectors.joining(", "));
        return new AuditEntry(
                0,
                now,
                ControlPlane.ITSELF,
                action,
                wanted.table().toString(),
                action.equals(ANNOUNCED)
                        ? "%s at %s in about %d s, unless the figures change or an override pins it: %s"
                                .formatted(
                                        difference,
                                        wanted.destination(),
                                        settings.interval().toSeconds(),
                                        wanted.reason())
                        : "%s at %s is off: the figures have changed"
                                .formatted(difference, wanted.destination()),
                Documents.text(SchemaDocument.of(last)),
                Documents.text(SchemaDocument.of(wanted)));
    }

    @Override
    public void close() {
        closed.countDown();
        Thread running = thread;
        thread = null;
        if (running != null) {
            try {
                running.join(PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
