package io.tidetable.app.command;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.tidetable.app.settings.Settings;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where log events go: to the error output, as short lines or as JSON. */
final class Logging {
    private static final String LINE = "%d{HH:mm:ss.SSS} %-5level %msg%n%ex{0}";
    private static final String LINE_WITH_TRACE = "%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n%ex";

    /** Libraries whose failures reach us as exceptions too. */
    private static final List<String> SILENT =
            List.of("org.eclipse.jetty", "io.javalin", "com.zaxxer.hikari", "io.zonky");

    private Logging() {}

    /** Commands that answer one question only tell what needs somebody now. */
    static void quiet() {
        configure(Level.ERROR, pattern(LINE));
    }

    /** As the settings say. */
    static void of(Settings.Log log, boolean debug) {
        Level level =
                switch (log.level()) {
                    case DEBUG -> Level.DEBUG;
                    case INFO -> Level.INFO;
                    case WARN -> Level.WARN;
                    case ERROR -> Level.ERROR;
                };
        configure(
                level,
                switch (log.format()) {
                    case TEXT -> pattern(debug ? LINE_WITH_TRACE : LINE);
                    case JSON -> new JsonEncoder();
                });
    }

    private static PatternLayoutEncoder pattern(String line) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setPattern(line);
        return encoder;
    }

    private static void configure(Level level, Encoder<ILoggingEvent> encoder) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        encoder.setContext(context);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        context.getLogger("io.tidetable").setLevel(level);
        for (String library : SILENT) {
            context.getLogger(library).setLevel(Level.OFF);
        }
    }
}
