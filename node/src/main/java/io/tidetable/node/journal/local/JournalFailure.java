package io.tidetable.node.journal.local;

import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.io.SyncFailedException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The sentences for what can go wrong with the journal's files. */
final class JournalFailure {
    private JournalFailure() {}

    static TidetableException inUse(Path directory, String owner) {
        return new TidetableException(
                "TT-301",
                "The journal in %s is in use by another process%s. Stop that one, or give this one a directory of its own."
                        .formatted(directory, owner));
    }

    static TidetableException io(String what, Path path, Throwable cause) {
        if (cause instanceof SyncFailedException) {
            return new TidetableException(
                    "TT-305",
                    "The journal in %s could not be synced: %s. Nothing after the last synced commit was acknowledged, and the disk may have lost some of it. Check the disk, then start again; capture goes on where the journal ends."
                            .formatted(path, cause.getMessage()),
                    cause);
        }
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (cause instanceof IOException && message.contains("no space left")) {
            return new TidetableException(
                    "TT-303",
                    "The journal could not %s %s: the disk is full. Nothing after the last synced commit was acknowledged. Make room; capture goes on where the journal ends."
                            .formatted(what, path),
                    cause);
        }
        return new TidetableException(
                "TT-302",
                "The journal could not %s %s: %s. Nothing after the last synced commit was acknowledged. Check the disk; capture goes on where the journal ends."
                        .formatted(what, path, cause.getMessage()),
                cause);
    }

    static TidetableException damaged(Path path, long offset, String why) {
        return damaged(path, offset, why, null);
    }

    static TidetableException damaged(
            Path path, long offset, String why, @Nullable Throwable cause) {
        return new TidetableException(
                "TT-304",
                "The journal file %s is damaged at byte %d: %s. Committed changes may be lost there, so nothing is read from it. Restore the file, or move the journal's directory away and have the tables compared and repaired."
                        .formatted(path, offset, why),
                cause);
    }
}
