package io.tidetable.node.pipeline;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One of a destination's workers: takes work from its dispatcher until that is closed. */
final class Applier implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

    private final Dispatcher dispatcher;
    private final DestinationContext context;
    private final ApplierSession session;
    private final LaneWorker lanes;
    private final CopyWorker copies;
    private final MergeWorker merges;

    Applier(DestinationContext context, Dispatcher dispatcher, LaneControl control) {
        this.context = context;
        this.dispatcher = dispatcher;
        session = new ApplierSession(context);
        lanes = new LaneWorker(context, session, control);
        copies = new CopyWorker(context, session, control);
        merges = new MergeWorker(context, session, control);
    }

    @Override
    public void run() {
        try (session) {
            Dispatcher.Assignment next = dispatcher.take();
            while (next != null) {
                Work.Outcome outcome = Work.Outcome.retryAfter(1_000);
                try {
                    outcome = perform(next.work());
                } catch (RuntimeException e) {
                    session.breakConnections();
                    LOG.error(
                            "TT-490 an applier of {} failed unexpectedly; it is tried again",
                            context.id(),
                            e);
                } finally {
                    dispatcher.done(next, outcome);
                }
                next = dispatcher.take();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Work.Outcome perform(Work work) throws InterruptedException {
        return switch (work) {
            case Work.OfLane(var lane) -> lanes.step(lane);
            case Work.OfCopy(var copy) -> copies.step(copy);
            case Work.OfMerge(var table, boolean afterGap) -> merges.merge(table, afterGap);
        };
    }
}
