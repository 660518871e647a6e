package io.tidetable.app.command;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The wish that a long command ends: Ctrl-C or TERM. The process then ends with the exit code of
 * the command itself, once it has cleaned up.
 *
 * <p>Thread-safe.
 */
public final class StopSignal {
    /** How long a command may take to clean up before the process ends all the same. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Consumer<Thread> atEndOfProcess;
    private volatile int exitCode = CommandOutcome.FAILED;

    /**
     * A wish that nobody has uttered.
     *
     * @param atEndOfProcess takes what is to be done when the process is asked to end
     */
    public StopSignal(Consumer<Thread> atEndOfProcess) {
        this.atEndOfProcess = atEndOfProcess;
    }

    /** Catches signals from now on. */
    void install() {
        atEndOfProcess.accept(new Thread(this::onShutdown, "stop"));
    }

    private void onShutdown() {
        ask();
        try {
            if (!finished.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(CommandOutcome.FAILED);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exitCode);
    }

    /** Catches signals from now on; the wish interrupts the thread, whatever it waits for. */
    void interruptOnAsk(Thread busy) {
        install();
        Thread.ofVirtual()
                .name("stop-interrupts")
                .start(() -> {
                    try {
                        asked.await();
                        busy.interrupt();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    /** Asks the command to end. */
    public void ask() {
        asked.countDown();
    }

    /** Whether the command is to end. */
    public boolean isAsked() {
        return asked.getCount() == 0;
    }

    /**
     * Waits for the wish.
     *
     * @return whether it came in that time
     */
    public boolean await(Duration limit) throws InterruptedException {
        return asked.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** The command has ended and cleaned up. */
    public void finish(int code) {
        exitCode = code;
        finished.countDown();
    }
}
