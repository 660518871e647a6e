package io.tidetable.node.fault;

/** What happens when the data path reaches a named point: nothing, outside of tests. */
@FunctionalInterface
public interface Faults {
    /** Production's answer: nothing happens. */
    Faults NONE = point -> {};

    /**
     * Called at the point, on the thread that does the work there. May block, throw or not return.
     */
    void reach(FaultPoint point);

    /**
     * Ends the process, without any clean-up, when a point is reached for the given time.
     *
     * @param countdown 1 for the first time
     */
    static Faults haltAt(FaultPoint deadly, int countdown) {
        var left = new java.util.concurrent.atomic.AtomicInteger(countdown);
        return point -> {
            if (point == deadly && left.decrementAndGet() == 0) {
                Runtime.getRuntime().halt(137);
            }
        };
    }
}
