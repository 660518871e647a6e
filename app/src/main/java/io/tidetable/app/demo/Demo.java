package io.tidetable.app.demo;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.app.terminal.Figures;
import io.tidetable.app.terminal.LiveView;
import io.tidetable.app.terminal.StatusText;
import io.tidetable.app.terminal.Terminal;
import io.tidetable.app.terminal.VerificationText;
import io.tidetable.app.wiring.Checks;
import io.tidetable.app.wiring.DataDirectory;
import io.tidetable.app.wiring.RunningPipeline;
import io.tidetable.control.api.PipelineView;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.model.status.TrackStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The demo: a living shop, replicated, watched, and compared at the end. */
public final class Demo {
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration REDRAW = Duration.ofSeconds(1);
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);

    /** Of business before tables are classified by it. */
    private static final Duration BUSINESS = Duration.ofSeconds(4);

    private static final Duration CATCH_UP = Duration.ofMinutes(5);
    private static final DateTimeFormatter SHOP_TIME =
            DateTimeFormatter.ofPattern("EEEE HH:mm", Locale.ROOT);

    private final Terminal terminal;
    private final Stop stop;
    private final int port;
    private final long seed;
    private final DemoFigures figures = new DemoFigures();

    /**
     * A demo that has not begun.
     *
     * @param port of the HTTP interface; 0 takes any free one
     * @param seed decides what happens in the shop
     */
    public Demo(Terminal terminal, Stop stop, int port, long seed) {
        this.terminal = terminal;
        this.stop = stop;
        this.port = port;
        this.seed = seed;
    }

    /** How the demo hears that it should end. */
    public interface Stop {
        /**
         * Waits for the wish to end.
         *
         * @return whether it came in that time
         */
        boolean await(Duration limit) throws InterruptedException;
    }

    /**
     * Runs until it is stopped or the time is over, then tells what it saw.
     *
     * @param limit zero for no end; where the time ends it, the databases are compared
     * @throws TidetableException TT-540 when they differ
     */
    public void run(Duration limit) throws InterruptedException, SQLException {
        say("Starting two PostgreSQL servers ...");
        try (DemoServers servers = DemoServers.start()) {
            if (stop.await(Duration.ZERO)) {
                return;
            }
            say("Filling the shop ...");
            ShopDatabase.create(servers.source(), "shop");
            servers.destination().createDatabase("reporting");
            Settings settings = settings(servers);
            Checks.refuseOnError(settings);
            ShopClock clock = new ShopClock(System::nanoTime);
            try (Shop shop = new Shop(() -> servers.source().connect("shop"), clock, seed);
                    DataDirectory directory = new DataDirectory(servers.folder().resolve("data"));
                    RunningPipeline pipeline = new RunningPipeline(settings, directory)) {
                shop.open();
                say("Looking for some seconds at what is read and changed ...");
                if (stop.await(BUSINESS)) {
                    return;
                }
                pipeline.start();
                String url = pipeline.serve(settings.api().onPort(port));
                watch(shop, pipeline, url, limit);
                shop.shut();
                finish(shop, pipeline, limit);
            }
        }
    }

    private static Settings settings(DemoServers servers) {
        try {
            Path file =
                    Files.writeString(
                            servers.folder().resolve("demo.yaml"),
                            ShopDatabase.resource("demo.yaml"));
            Map<String, String> environment =
                    Map.of(
                            "SHOP_URL", servers.source().url("shop"),
                            "REPORTING_URL", servers.destination().url("reporting"));
            return new SettingsReader(environment::get).read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void watch(Shop shop, RunningPipeline pipeline, String url, Duration limit)
            throws InterruptedException {
        LiveView view = new LiveView(terminal);
        Duration interval = terminal.interactive() ? REDRAW : PLAIN_INTERVAL;
        long begin = System.nanoTime();
        Duration nextLook = Duration.ZERO;
        ShopRate rate = new ShopRate(shop);
        while (!stop.await(LOOK)) {
            pipeline.failure()
                    .ifPresent(failure -> {
                        throw failure;
                    });
            Duration elapsed = Duration.ofNanos(System.nanoTime() - begin);
            PipelineStatus status = pipeline.view().status();
            figures.note(status);
            if (elapsed.compareTo(nextLook) >= 0) {
                nextLook = elapsed.plus(interval);
                view.show(frame(shop, rate.perSecond(), status, url, limit, elapsed));
            }
            if (limit.isPositive() && elapsed.compareTo(limit) >= 0) {
                break;
            }
        }
        view.leave();
    }

    private List<String> frame(
            Shop shop,
            double rowsPerSecond,
            PipelineStatus status,
            String url,
            Duration limit,
            Duration elapsed) {
        List<String> lines = new ArrayList<>();
        boolean night = Rhythm.isNight(shop.clock().hour());
        lines.add("");
        lines.add(
                "Tidetable demo   %s in the shop%s   %s"
                        .formatted(
                                SHOP_TIME.format(shop.clock().now()),
                                night ? ", the nightly job floods audit_log" : "",
                                url));
        lines.add(
                "shop: %s row changes, %s now   held back at the source: %s   %s"
                        .formatted(
                                Figures.count(shop.rows()),
                                Figures.rate(rowsPerSecond),
                                heldBack(status),
                                limit.isPositive()
                                        ? "%d of %d s"
                                                .formatted(elapsed.toSeconds(), limit.toSeconds())
                                        : "Ctrl-C ends it"));
        for (DestinationStatus destination : status.destinations()) {
            lines.add("");
            lines.addAll(StatusText.tables(destination));
        }
        return lines;
    }

    private static String heldBack(PipelineStatus status) {
        return Figures.bytes(
                status.tracks().stream().mapToLong(TrackStatus::heldBackBytes).max().orElse(-1));
    }

    private void finish(Shop shop, RunningPipeline pipeline, Duration limit)
            throws InterruptedException {
        boolean compared = limit.isPositive() && !stop.await(Duration.ZERO);
        if (compared) {
            catchUp(pipeline.view());
        }
        figures.note(pipeline.view().status());
        say("");
        say(
                "shop             %s transactions, %s row changes"
                        .formatted(Figures.count(shop.transactions()), Figures.count(shop.rows())));
        figures.lines().forEach(this::say);
        CarriedText.lines(pipeline.control().inForce()).forEach(this::say);
        if (compared) {
            compare(pipeline.view());
        }
    }

    private void catchUp(PipelineView view) throws InterruptedException {
        Lsn position = view.sourcePosition();
        for (DestinationStatus destination : view.status().destinations()) {
            long begin = System.nanoTime();
            while (!view.awaitComplete(destination.id(), Set.of(), position, LOOK)) {
                figures.note(view.status());
                if (System.nanoTime() - begin > CATCH_UP.toNanos()) {
                    throw new TidetableException(
                            "TT-540",
                            "the destination did not catch up within %s of the shop's closing; the lines above show which table is behind"
                                    .formatted(Figures.duration(CATCH_UP)));
                }
            }
        }
    }

    private void compare(PipelineView view) throws InterruptedException {
        for (DestinationStatus destination : view.status().destinations()) {
            DestinationId id = destination.id();
            List<TableVerification> found = view.verify(id, Set.of(), false, table -> {});
            List<TableVerification> wrong = found.stream().filter(t -> !t.equal()).toList();
            wrong.forEach(table -> say(VerificationText.line(id, table)));
            if (!wrong.isEmpty()) {
                throw new TidetableException(
                        "TT-540",
                        "%d of %d tables differ from the source; this is a defect, please report it with the lines above"
                                .formatted(wrong.size(), found.size()));
            }
            say(
                    "compared         %d tables, %s rows: all equal"
                            .formatted(
                                    found.size(),
                                    Figures.count(
                                            found.stream()
                                                    .mapToLong(TableVerification::sourceRows)
                                                    .sum())));
        }
    }

    private void say(String line) {
        terminal.out().println(line);
        terminal.out().flush();
    }

    /** The shop's row changes per second between two looks. */
    private static final class ShopRate {
        private final Shop shop;
        private long rows;
        private long nanos = System.nanoTime();

        ShopRate(Shop shop) {
            this.shop = shop;
            this.rows = shop.rows();
        }

        double perSecond() {
            long now = System.nanoTime();
            long rowsNow = shop.rows();
            double rate = (rowsNow - rows) * 1e9 / Math.max(1, now - nanos);
            rows = rowsNow;
            nanos = now;
            return rate;
        }
    }
}
