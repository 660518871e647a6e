package io.tidetable.control.plane;

import io.tidetable.model.schema.ReplicationSchema;
import java.util.ArrayList;
import java.util.List;

/**
 * One thing in which two versions of a replication schema differ.
 *
 * @param what for example {@code priority}
 */
public record Difference(String what, String before, String after) {
    /** Everything in which they differ. */
    public static List<Difference> between(ReplicationSchema a, ReplicationSchema b) {
        List<Difference> all = new ArrayList<>();
        add(all, "class", a.classification().toString(), b.classification().toString());
        add(all, "strategy", a.strategy().describe(), b.strategy().describe());
        add(all, "consistency", a.consistency().label(), b.consistency().label());
        add(all, "priority", "" + a.priority(), "" + b.priority());
        add(all, "track", a.track().label(), b.track().label());
        add(all, "shards", a.sharding().describe(), b.sharding().describe());
        add(all, "weights", "" + a.weights(), "" + b.weights());
        add(all, "freshness", a.objective().seconds() + " s", b.objective().seconds() + " s");
        add(all, "origin", a.origin().label(), b.origin().label());
        add(all, "reason", a.reason(), b.reason());
        return all;
    }

    private static void add(List<Difference> all, String what, String before, String after) {
        if (!before.equals(after)) {
            all.add(new Difference(what, before, after));
        }
    }
}
