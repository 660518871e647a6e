package io.tidetable.node.pipeline;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.slf4j.LoggerFactory;

/** Hears what Tidetable writes to its log, as an operator would read it. */
final class LogEars implements AutoCloseable {
    private final List<String> lines = new ArrayList<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger("io.tidetable.node");
    private final AppenderBase<ILoggingEvent> appender =
            new AppenderBase<>() {
                @Override
                protected void append(ILoggingEvent event) {
                    if (event.getLevel().isGreaterOrEqual(Level.INFO)) {
                        add(event.getLevel() + " " + event.getFormattedMessage());
                    }
                }
            };

    void listen() {
        appender.setContext(logger.getLoggerContext());
        appender.start();
        logger.addAppender(appender);
    }

    private synchronized void add(String line) {
        lines.add(line);
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** How many lines contain the text. */
    long count(String text) {
        return lines().stream().filter(line -> line.contains(text)).count();
    }

    /** Waits for a line that contains the text, also among those from before. */
    void await(String text, Duration limit) {
        Awaitility.await("a line with '" + text + "'").atMost(limit).until(() -> count(text) > 0);
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        appender.stop();
    }
}
