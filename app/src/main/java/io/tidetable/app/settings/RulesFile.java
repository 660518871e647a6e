package io.tidetable.app.settings;

import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** A file with classification rules, in YAML or JSON. */
public final class RulesFile {
    private static final YAMLMapper YAML =
            new YAMLMapper(
                    YAMLFactory.builder()
                            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                            .build());

    private RulesFile() {}

    /**
     * The rules as the HTTP interface takes them.
     *
     * @throws TidetableException TT-100 unreadable, TT-101 not YAML
     */
    public static String json(Path file) {
        try {
            return YAML.readTree(Files.readString(file)).toString();
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-100",
                    "the file of rules %s cannot be read: %s; check its name and its rights"
                            .formatted(file, e),
                    e);
        } catch (JacksonException e) {
            throw new TidetableException(
                    "TT-101", "%s is not YAML: %s".formatted(file, e.getOriginalMessage()), e);
        }
    }
}
