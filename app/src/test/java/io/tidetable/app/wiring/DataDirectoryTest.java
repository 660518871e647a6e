package io.tidetable.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir Path folder;

    @Test
    void onlyOneAtATimeHoldsIt() {
        try (DataDirectory first = new DataDirectory(folder.resolve("data"))) {
            first.lock();
            first.publish("http://127.0.0.1:1234");
            DataDirectory second = new DataDirectory(folder.resolve("data"));

            assertThatThrownBy(second::lock)
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("in use by another process (http://127.0.0.1:1234)");
        }
        try (DataDirectory third = new DataDirectory(folder.resolve("data"))) {
            third.lock();
            assertThat(folder.resolve("data/run.url")).doesNotExist();
        }
    }

    @Test
    void othersCannotLookIntoIt() throws IOException {
        try (DataDirectory directory = new DataDirectory(folder.resolve("data"))) {
            directory.lock();

            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(folder.resolve("data"))))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void nobodyRunsWhereNothingIs() {
        assertThat(new DataDirectory(folder.resolve("none")).runningAt()).isEmpty();
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @Test
    void aFolderThatCannotBeMadeIsExplained() throws IOException {
        Files.writeString(folder.resolve("file"), "in the way");
        DataDirectory directory = new DataDirectory(folder.resolve("file/data"));

        assertThatThrownBy(directory::lock)
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("--data");
    }
}
