package io.tidetable.control.api;

import io.javalin.http.sse.SseClient;
import io.tidetable.control.plane.ControlPlane;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the status to each subscriber once a second, and what the control plane notes in its audit,
 * as server-sent events.
 */
final class EventFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

    /** Of each destination; thousands each second are neither sent nor drawn in time. */
    private static final int MOST_TABLES = 200;

    private final PipelineView pipeline;
    private final @Nullable ControlPlane control;
    private final Set<SseClient> subscribers = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);

    EventFeed(PipelineView pipeline, @Nullable ControlPlane control) {
        this.pipeline = pipeline;
        this.control = control;
    }

    void subscribe(SseClient subscriber) {
        subscriber.keepAlive();
        subscribers.add(subscriber);
        subscriber.onClose(() -> subscribers.remove(subscriber));
        Caller caller = Caller.of(subscriber.ctx());
        Thread.ofVirtual().name("events").start(() -> feed(subscriber, caller));
    }

    private void feed(SseClient subscriber, Caller caller) {
        ControlPlane controlled = control;
        try {
            ControlEvents events =
                    controlled == null ? null : ControlEvents.of(controlled, subscriber);
            do {
                if (events != null) {
                    events.send(subscriber);
                }
                subscriber.sendEvent(
                        "status",
                        Json.MAPPER.writeValueAsString(
                                PipelineRepresentation.of(pipeline.status(), MOST_TABLES)));
            } while (!subscriber.terminated()
                    && !closed.await(1, TimeUnit.SECONDS)
                    && caller.welcome().getAsBoolean());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.debug("a subscriber has gone", e);
        } finally {
            subscriber.close();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        subscribers.forEach(SseClient::close);
    }
}
