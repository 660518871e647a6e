package io.tidetable.control.api;

import io.javalin.http.sse.SseClient;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends the status to each subscriber once a second, as server-sent events. */
final class EventFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

    private final PipelineView pipeline;
    private final Set<SseClient> subscribers = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);

    EventFeed(PipelineView pipeline) {
        this.pipeline = pipeline;
    }

    void subscribe(SseClient subscriber) {
        subscriber.keepAlive();
        subscribers.add(subscriber);
        subscriber.onClose(() -> subscribers.remove(subscriber));
        Thread.ofVirtual().name("events").start(() -> feed(subscriber));
    }

    private void feed(SseClient subscriber) {
        try {
            do {
                subscriber.sendEvent(
                        "status",
                        Json.MAPPER.writeValueAsString(
                                PipelineRepresentation.of(pipeline.status())));
            } while (!subscriber.terminated() && !closed.await(1, TimeUnit.SECONDS));
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
