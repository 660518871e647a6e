package io.tidetable.lab.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code ./tidetable run} of this clone, a process of its own with the heap that the launcher gives
 * it, and what it uses of the machine's memory.
 */
final class RunningTidetable implements AutoCloseable {
    private static final Pattern COLLECTION = Pattern.compile("(\\d+)M->(\\d+)M\\((\\d+)M\\)");
    private static final double KIBIBYTES_PER_MB = 1024;

    private final Process process;
    private final Path directory;
    private final int port;

    private RunningTidetable(Process process, Path directory, int port) {
        this.process = process;
        this.directory = directory;
        this.port = port;
    }

    /**
     * Starts it over all tables of the contest's source.
     *
     * @param heap as {@code -Xmx} takes it
     */
    static RunningTidetable start(Contest contest, String contender, String heap)
            throws IOException {
        Path directory = contest.directory;
        Path settings = directory.resolve("settings.yaml");
        Files.writeString(
                settings,
                """
                source: {url: "%s"}
                destinations:
                  ours: {url: "%s"}
                tables: ["public.*"]
                """
                        .formatted(
                                contest.source.url(Contest.SOURCE),
                                contest.destination.url(contender)));
        int port = freePort();
        ProcessBuilder builder =
                new ProcessBuilder(
                                "./tidetable",
                                "run",
                                "-c",
                                settings.toString(),
                                "--data",
                                directory.resolve("data").toString(),
                                "--port",
                                Integer.toString(port))
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        directory.resolve("run.log").toFile()));
        builder.environment()
                .put(
                        "TIDETABLE_JAVA_OPTS",
                        "-Xmx%s -XX:+ExitOnOutOfMemoryError -Xlog:gc:file=%s"
                                .formatted(heap, directory.resolve("gc.log")));
        return new RunningTidetable(builder.start(), directory, port);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Fails with the end of its output when it has ended. */
    void requireAlive() throws IOException {
        if (!process.isAlive()) {
            String log = Files.readString(directory.resolve("run.log"));
            throw new IllegalStateException(
                    "./tidetable run ended with %d: %s"
                            .formatted(
                                    process.exitValue(),
                                    log.substring(Math.max(0, log.length() - 2_000))));
        }
    }

    /** Seconds that an answer with its whole status takes; negative while there is none. */
    double secondsOfStatus() throws IOException, InterruptedException {
        requireAlive();
        try {
            return secondsOf("/api/v1/status");
        } catch (java.net.ConnectException e) {
            return -1;
        }
    }

    /** Seconds that an answer takes. */
    double secondsOf(String path) throws IOException, InterruptedException {
        long began = System.nanoTime();
        HttpResponse<String> answer = send(request(path).build());
        return require200(answer, began);
    }

    /** Seconds that an answer to a document takes. */
    double secondsOfPost(String path, String body) throws IOException, InterruptedException {
        long began = System.nanoTime();
        HttpResponse<String> answer =
                send(
                        request(path)
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build());
        return require200(answer, began);
    }

    /** Whether it says that it is ready; false also while nothing answers. */
    boolean isReady() throws IOException, InterruptedException {
        requireAlive();
        try {
            return send(request("/health/ready").build()).statusCode() == 200;
        } catch (java.net.ConnectException e) {
            return false;
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)))
                .timeout(Duration.ofMinutes(1));
    }

    private static HttpResponse<String> send(HttpRequest request)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    private static double require200(HttpResponse<String> answer, long began) {
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(
                    "%s said %d: %s"
                            .formatted(answer.uri().getPath(), answer.statusCode(), answer.body()));
        }
        return (System.nanoTime() - began) / 1e9;
    }

    /** Processor seconds that it has used so far, of both kinds. */
    double processorSeconds() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
    }

    /** Bytes of its data folder, so mostly of its journal. */
    long journalBytes() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (UncheckedIOException e) {
            return 0; // a file went while it was looked at
        }
    }

    /** The most memory it ever held, heap and all else, in MB, as the kernel counts. */
    double mostResident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", "")) / KIBIBYTES_PER_MB;
            }
        }
        throw new IllegalStateException("the kernel does not tell the memory of " + process.pid());
    }

    /** The most its heap held before any collection, in MB. */
    double mostHeap() throws IOException {
        return most(1);
    }

    /** The most that was left of its heap after any collection, in MB. */
    double mostLeft() throws IOException {
        return most(2);
    }

    private double most(int group) throws IOException {
        double most = 0;
        for (String line : Files.readAllLines(directory.resolve("gc.log"))) {
            Matcher matcher = COLLECTION.matcher(line);
            if (matcher.find()) {
                most = Math.max(most, Double.parseDouble(matcher.group(group)));
            }
        }
        return most;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
