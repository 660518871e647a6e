package io.tidetable.app.wiring;

import io.tidetable.app.settings.Settings;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.capture.Publications;
import io.tidetable.node.capture.Slots;
import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.pipeline.PipelineSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Takes back what a pipeline made at its source, at its destinations and on this disk. */
public final class Cleanup {
    private final Settings settings;

    public Cleanup(Settings settings) {
        this.settings = settings;
    }

    /**
     * Does it, slots first, since they hold back the source's log. What is gone already is no
     * error, so it may run again.
     *
     * @param directory held by the caller
     * @param each hears of each thing done
     * @throws TidetableException TT-240 where the source refuses, TT-440 where a destination does
     */
    public void carryOut(DataDirectory directory, Consumer<String> each) {
        source(each);
        settings.destinations().forEach(destination -> destination(destination, each));
        metadata(each);
        delete(directory.path());
        each.accept("data folder %s removed".formatted(directory.path()));
    }

    private void source(Consumer<String> each) {
        Slots slots = new Slots(settings.name(), Faults.NONE);
        Publications publications = new Publications(settings.name());
        try (Connection source = settings.source().connect("tidetable cleanup")) {
            for (Track track : Track.values()) {
                if (slots.drop(source, track)) {
                    each.accept("slot of track %s dropped".formatted(track.label()));
                }
            }
            for (Track track : Track.values()) {
                if (publications.exists(source, track)) {
                    publications.drop(source, track);
                    each.accept("publication of track %s dropped".formatted(track.label()));
                }
            }
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-240",
                    "cleaning up at the source %s failed: %s; mend that and run cleanup again"
                            .formatted(settings.source(), e.getMessage()),
                    e);
        }
    }

    private void destination(PipelineSettings.Destination destination, Consumer<String> each) {
        try (Connection connection = destination.database().connect("tidetable cleanup")) {
            if (Bookkeeping.forget(connection, settings.name())) {
                each.accept("progress at destination %s removed".formatted(destination.id()));
            }
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-440",
                    "cleaning up at the destination %s failed: %s; mend that and run cleanup again"
                            .formatted(destination.id(), e.getMessage()),
                    e);
        }
    }

    /** The metadata store, where it is not at a destination, with which it has gone by now. */
    private void metadata(Consumer<String> each) {
        if (settings.destinations().stream()
                .anyMatch(it -> it.database().equals(settings.metadata()))) {
            return;
        }
        try (Connection connection = settings.metadata().connect("tidetable cleanup")) {
            if (Bookkeeping.forget(connection, settings.name())) {
                each.accept("metadata removed");
            }
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-440",
                    "cleaning up the metadata store failed: %s; mend that and run cleanup again"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-112",
                    "the data folder %s could not be removed: %s; remove it by hand"
                            .formatted(directory, e),
                    e);
        }
    }
}
