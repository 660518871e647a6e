package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.lane.TrackMove;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * The moves between tracks that were decided and have not ended: a file beside the journal, synced
 * before anything else is done. It lives and dies with the journal whose lanes it tells what to
 * read. Thread-safe.
 */
final class MoveLedger {
    private static final int LAYOUT = 1;

    private final Path directory;
    private final Path file;
    private final Map<String, TrackMove> moves = new LinkedHashMap<>();

    MoveLedger(Path directory) {
        this.directory = directory;
        file = directory.resolve("moves");
    }

    /** Reads what was decided before. */
    synchronized void load() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes.length - Long.BYTES;
        if (length < 0 || ByteBuffer.wrap(bytes).getLong(length) != checksum(bytes, length)) {
            throw new TidetableException(
                    "TT-235",
                    "%s, which says what moves between tracks are under way, is damaged; remove the whole data directory, then the tables are compared with the source at the next start"
                            .formatted(file));
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, 0, length))) {
            in.readInt();
            for (int left = in.readInt(); left > 0; left--) {
                TrackMove move = read(in);
                moves.put(move.id(), move);
            }
        }
    }

    private static TrackMove read(DataInputStream in) throws IOException {
        String id = in.readUTF();
        Track from = Track.parse(in.readUTF());
        Track to = Track.parse(in.readUTF());
        Lsn turn = in.readBoolean() ? new Lsn(in.readLong()) : null;
        String reason = in.readUTF();
        Instant decidedAt = Instant.ofEpochMilli(in.readLong());
        Set<TableId> tables = new TreeSet<>();
        for (int left = in.readInt(); left > 0; left--) {
            tables.add(new TableId(in.readUTF(), in.readUTF()));
        }
        return new TrackMove(id, tables, from, to, turn, reason, decidedAt);
    }

    /** Those that have not ended. */
    synchronized List<TrackMove> all() {
        return List.copyOf(moves.values());
    }

    /** The move is decided, or its turn: it stands on the disk when this returns. */
    synchronized void decide(TrackMove move) throws IOException {
        TrackMove before = moves.put(move.id(), move);
        try {
            store();
        } catch (IOException e) {
            if (before == null) {
                moves.remove(move.id());
            } else {
                moves.put(move.id(), before);
            }
            throw e;
        }
    }

    /** The move has ended, or was given up. */
    synchronized void end(TrackMove move) throws IOException {
        TrackMove before = moves.remove(move.id());
        try {
            store();
        } catch (IOException e) {
            if (before != null) {
                moves.put(move.id(), before);
            }
            throw e;
        }
    }

    /** Forgets all of them. */
    synchronized void clear() throws IOException {
        moves.clear();
        store();
    }

    private void store() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(LAYOUT);
        out.writeInt(moves.size());
        for (TrackMove move : moves.values()) {
            write(out, move);
        }
        byte[] body = bytes.toByteArray();
        out.writeLong(checksum(body, body.length));
        Path written = directory.resolve("moves.tmp");
        try (FileChannel channel =
                FileChannel.open(
                        written,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes.toByteArray());
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    private static void write(DataOutputStream out, TrackMove move) throws IOException {
        out.writeUTF(move.id());
        out.writeUTF(move.from().label());
        out.writeUTF(move.to().label());
        Lsn turn = move.turn();
        out.writeBoolean(turn != null);
        if (turn != null) {
            out.writeLong(turn.value());
        }
        out.writeUTF(move.reason());
        out.writeLong(move.decidedAt().toEpochMilli());
        out.writeInt(move.tables().size());
        for (TableId table : move.tables()) {
            out.writeUTF(table.namespace());
            out.writeUTF(table.name());
        }
    }

    private static long checksum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return sum.getValue();
    }
}
