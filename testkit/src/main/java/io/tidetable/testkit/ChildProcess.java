package io.tidetable.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A main class of the test class path running in a JVM of its own, to be killed as the system would
 * kill it. Its output (both streams, in order) is collected. Never left behind: {@link #close} and
 * the end of this JVM kill it and its descendants.
 */
public final class ChildProcess implements AutoCloseable {
    private final String name;
    private final Process process;
    private final Thread reaper;
    private final Thread reader;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    private ChildProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        this.reaper = new Thread(this::killTree, "child-process-reaper");
        this.reader = Thread.ofVirtual().name("child-process-output").unstarted(this::read);
    }

    /** What to start, changed step by step. */
    public static final class Builder {
        private final Class<?> main;
        private final List<String> javaOptions = new ArrayList<>();
        private final List<String> arguments = new ArrayList<>();
        private @Nullable Path directory;

        private Builder(Class<?> main) {
            this.main = main;
        }

        /**
         * Limits its heap.
         *
         * @param size as {@code -Xmx} takes it, for example {@code 256m}
         */
        public Builder heap(String size) {
            return javaOption("-Xmx" + size);
        }

        /** Sets a system property of the child. */
        public Builder property(String key, String value) {
            return javaOption("-D" + key + "=" + value);
        }

        /** Adds an option of the Java launcher. */
        public Builder javaOption(String option) {
            javaOptions.add(option);
            return this;
        }

        /** Adds arguments of the main method. */
        public Builder arguments(String... more) {
            arguments.addAll(List.of(more));
            return this;
        }

        /** Sets the working directory. */
        public Builder directory(Path path) {
            directory = path;
            return this;
        }

        /** Starts it. */
        public ChildProcess start() {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(
                    List.of(
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "-XX:+ExitOnOutOfMemoryError",
                            "-cp",
                            System.getProperty("java.class.path")));
            command.addAll(javaOptions);
            command.add(main.getName());
            command.addAll(arguments);
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            if (directory != null) {
                builder.directory(directory.toFile());
            }
            try {
                ChildProcess child = new ChildProcess(main.getSimpleName(), builder.start());
                Runtime.getRuntime().addShutdownHook(child.reaper);
                child.reader.start();
                return child;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A child that runs a main class. */
    public static Builder of(Class<?> main) {
        return new Builder(main);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** All lines it has written so far. */
    public List<String> output() {
        lock.lock();
        try {
            return List.copyOf(lines);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a line that contains a text and gives it; lines written before count too.
     *
     * @throws AssertionError with the whole output when it ends or the time passes without it
     */
    public String awaitLine(String text, Duration atMost) {
        return awaitLine("a line with '" + text + "'", line -> line.contains(text), atMost);
    }

    /** Waits for a line, described for the failure, that fulfils a condition. */
    public String awaitLine(String description, Predicate<String> condition, Duration atMost) {
        long left = atMost.toNanos();
        int looked = 0;
        lock.lock();
        try {
            while (true) {
                for (; looked < lines.size(); looked++) {
                    if (condition.test(lines.get(looked))) {
                        return lines.get(looked);
                    }
                }
                if (ended || left <= 0) {
                    throw new AssertionError(
                            "%s wrote no %s %s; it wrote:\n%s"
                                    .formatted(
                                            name,
                                            description,
                                            ended ? "before it ended" : "within " + atMost,
                                            String.join("\n", lines)));
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + description, e);
        } finally {
            lock.unlock();
        }
    }

    /** The first line with a text among those written so far. */
    public Optional<String> line(String text) {
        return output().stream().filter(line -> line.contains(text)).findFirst();
    }

    /** Writes a line to its standard input. */
    public void send(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it at once ({@code kill -9}) and waits until it is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** Asks it to end ({@code kill -15}). */
    public void terminate() {
        process.destroy();
    }

    /** Freezes it ({@code kill -STOP}), as a long pause of its machine would. */
    public void freeze() {
        signal("-STOP");
    }

    /** Lets it go on after {@link #freeze}. */
    public void thaw() {
        signal("-CONT");
    }

    /**
     * Waits for its end and gives its exit code.
     *
     * @throws AssertionError with its output and the stacks of its threads when it does not end in
     *     time
     */
    public int exitCode(Duration atMost) {
        try {
            if (process.waitFor(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                reader.join();
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + name, e);
        }
        writeStacks();
        throw new AssertionError(
                "%s did not end within %s; it wrote:\n%s"
                        .formatted(name, atMost, String.join("\n", output())));
    }

    /** Lets it write where its threads stand, as a JVM does on {@code kill -QUIT}. */
    private void writeStacks() {
        signal("-QUIT");
        awaitLine("JNI global ref", Duration.ofSeconds(30));
    }

    /** Kills it and all it has started, if anything of it still runs. */
    @Override
    public void close() {
        killTree();
        awaitEnd();
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException e) {
            // This JVM is ending: the hook has run or is about to.
            return;
        }
    }

    private void killTree() {
        List<ProcessHandle> descendants = process.descendants().toList();
        process.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
    }

    private void awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                process.waitFor();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void signal(String signal) {
        try {
            int code =
                    new ProcessBuilder("kill", signal, Long.toString(pid()))
                            .inheritIO()
                            .start()
                            .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill %s %d failed".formatted(signal, pid()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                add(line);
            }
        } catch (IOException e) {
            add("(its output broke off: " + e.getMessage() + ")");
        }
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void add(String line) {
        lock.lock();
        try {
            lines.add(line);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
