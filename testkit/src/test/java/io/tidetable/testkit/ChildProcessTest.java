package io.tidetable.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class ChildProcessTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    /** Greets, then does as it is told by its argument. */
    static final class Greeter {
        public static void main(String[] arguments) {
            System.out.println(
                    "hello %s with %d MB"
                            .formatted(
                                    System.getProperty("who"),
                                    Runtime.getRuntime().maxMemory() >> 20));
            System.err.println("and an error line");
            if (arguments[0].equals("stay")) {
                while (true) {
                    LockSupport.park();
                }
            }
            System.exit(7);
        }
    }

    @Test
    void itsOutputAndExitCodeAreCollected() {
        try (ChildProcess child =
                ChildProcess.of(Greeter.class)
                        .heap("64m")
                        .property("who", "tide")
                        .arguments("leave")
                        .start()) {
            assertThat(child.exitCode(SOON)).isEqualTo(7);
            assertThat(child.output())
                    .containsExactly("hello tide with 64 MB", "and an error line");
            assertThatThrownBy(() -> child.awaitLine("never", SOON))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("before it ended")
                    .hasMessageContaining("and an error line");
        }
    }

    @Test
    void aKilledChildIsGoneWhenKillReturns() {
        try (ChildProcess child = ChildProcess.of(Greeter.class).arguments("stay").start()) {
            child.awaitLine("hello", SOON);

            child.kill();

            assertThat(ProcessHandle.of(child.pid()).filter(ProcessHandle::isAlive)).isEmpty();
            assertThat(child.exitCode(SOON)).isEqualTo(128 + 9);
        }
    }

    @Test
    void aFrozenChildIsStillReaped() {
        ChildProcess child = ChildProcess.of(Greeter.class).arguments("stay").start();
        child.awaitLine("hello", SOON);
        child.freeze();

        child.close();

        assertThat(child.isAlive()).isFalse();
    }
}
