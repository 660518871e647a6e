package io.tidetable.app.settings;

import io.tidetable.control.api.Listening;
import io.tidetable.control.api.ServerCertificate;
import io.tidetable.control.plane.Reclassification;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.postgres.Database;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a settings file says, checked and complete. Never shows a password.
 *
 * @param name the pipeline's name: part of its slots' names and its data folder
 * @param tags labels of table patterns
 * @param functions downstream, for tables of which only what they need is carried
 * @param pushDown whether publications carry no more of those tables than is needed
 * @param stated what the entries of tables say by themselves
 * @param metadata where the metadata store is
 * @param rules that stand before those applied while it runs
 * @param classification when tables are classified anew
 */
public record Settings(
        String name,
        Database source,
        List<PipelineSettings.Destination> destinations,
        List<PipelineSettings.TableRule> tables,
        Map<String, List<String>> tags,
        List<FunctionDeclaration> functions,
        boolean pushDown,
        List<StatedTables> stated,
        Database metadata,
        PipelineSettings.Journal journal,
        PipelineSettings.Tuning tuning,
        PipelineSettings.Moves moves,
        PipelineSettings.LostChanges lostChanges,
        List<ClassificationRule> rules,
        Reclassification classification,
        Api api,
        Log log) {
    /** The name of a pipeline that is given none. */
    public static final String DEFAULT_NAME = "main";

    /** Appliers of a destination that says nothing about them. */
    public static final int DEFAULT_APPLIERS = 4;

    public Settings {
        destinations = List.copyOf(destinations);
        tables = List.copyOf(tables);
        tags = Map.copyOf(tags);
        functions = List.copyOf(functions);
        stated = List.copyOf(stated);
        rules = List.copyOf(rules);
    }

    /** The data plane's share of it. */
    public PipelineSettings pipeline(Path directory) {
        return new PipelineSettings(
                name,
                source,
                destinations,
                tables,
                directory,
                journal,
                tuning,
                moves,
                functions,
                pushDown,
                lostChanges);
    }

    /**
     * Where the HTTP interface listens, and to whom.
     *
     * @param port 0 takes any free one
     * @param tokens whether it needs tokens on a loopback address too; elsewhere it always does
     * @param certificate null for unencrypted HTTP
     */
    public record Api(
            String host, int port, boolean tokens, @Nullable ServerCertificate certificate) {
        public static final Api DEFAULT = new Api("127.0.0.1", 7070);

        /** Unencrypted, without tokens on a loopback address. */
        public Api(String host, int port) {
            this(host, port, false, null);
        }

        /** The same on another port. */
        public Api onPort(int other) {
            return new Api(host, other, tokens, certificate);
        }

        /** As the server takes it. */
        public Listening listening() {
            return new Listening(host, port, tokens, certificate);
        }
    }

    /** How {@code run} writes its log. */
    public record Log(Format format, Level level) {
        public static final Log DEFAULT = new Log(Format.TEXT, Level.INFO);

        /** Lines for people or for machines. */
        public enum Format {
            TEXT,
            JSON
        }

        /** The least important events that are written. */
        public enum Level {
            DEBUG,
            INFO,
            WARN,
            ERROR
        }
    }
}
