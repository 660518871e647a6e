package io.tidetable.app.command;

import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The token that a command shows: from a file, or from the environment variable {@value #VARIABLE}.
 * Never from the command line itself, which everybody on a machine can read.
 */
final class TokenOption {
    static final String VARIABLE = "TIDETABLE_TOKEN";

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "file with the access token (default: what TIDETABLE_TOKEN holds)")
    private @Nullable Path file;

    /**
     * The token; null for none.
     *
     * @throws TidetableException TT-121 when the file holds none
     */
    @Nullable String token() {
        return file == null ? checked(System.getenv(VARIABLE), VARIABLE) : read(file);
    }

    private static @Nullable String read(Path file) {
        try {
            String token = checked(Files.readString(file), file.toString());
            if (token != null) {
                return token;
            }
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-121",
                    "the token file %s cannot be read (%s); check its name and its rights"
                            .formatted(file, e.getClass().getSimpleName()),
                    e);
        }
        throw new TidetableException(
                "TT-121",
                "the token file %s is empty; write the token into it that 'tidetable token create' told"
                        .formatted(file));
    }

    private static @Nullable String checked(@Nullable String written, String where) {
        if (written == null || written.isBlank()) {
            return null;
        }
        String token = written.strip();
        if (!token.matches("[A-Za-z0-9_.~+/=-]{1,500}")) {
            throw new TidetableException(
                    "TT-121",
                    "what %s holds is not a token; 'tidetable token create' makes one"
                            .formatted(where));
        }
        return token;
    }
}
