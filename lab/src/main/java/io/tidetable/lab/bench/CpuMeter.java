package io.tidetable.lab.bench;

import io.tidetable.embedded.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CPU time of a server and all its processes, ended ones included, from the kernel's process table.
 */
final class CpuMeter {
    /** Kernel clock ticks per second on Linux. */
    private static final double TICKS = 100;

    private final long postmaster;

    CpuMeter(PostgresServer server) throws IOException {
        List<String> pidFile = Files.readAllLines(server.data().resolve("postmaster.pid"));
        postmaster = Long.parseLong(pidFile.getFirst().strip());
    }

    /** Seconds of CPU used so far. */
    double seconds() {
        double ticks = ticksOf(postmaster, true);
        var children =
                ProcessHandle.of(postmaster).stream().flatMap(ProcessHandle::children).toList();
        for (ProcessHandle child : children) {
            ticks += ticksOf(child.pid(), false);
        }
        return ticks / TICKS;
    }

    /** The 14th to 17th field: user and system time, then those of children that have ended. */
    private static double ticksOf(long pid, boolean withEndedChildren) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            double own = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
            return withEndedChildren
                    ? own + Double.parseDouble(fields[13]) + Double.parseDouble(fields[14])
                    : own;
        } catch (IOException e) {
            return 0; // it ended just now: its parent has its time
        }
    }
}
