package io.tidetable.node.journal.local;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a track's files when the journal is opened: removes what an interrupted act left behind,
 * checks every frame, cuts a torn end off and builds the index anew.
 */
final class Recovery implements Records {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final Path directory;
    private final SegmentFiles files;
    private final Indexer indexer;
    private final Shapes shapes;
    private final Tables tables;
    private final Manifest manifest;
    private Pieces.@Nullable Builder pieces;
    private long end;
    private long lastSegment;
    private long xid;
    private long subxid;
    private long runStart;

    Recovery(
            Path directory,
            SegmentFiles files,
            Indexer indexer,
            Shapes shapes,
            Tables tables,
            Manifest manifest) {
        this.directory = directory;
        this.files = files;
        this.indexer = indexer;
        this.shapes = shapes;
        this.tables = tables;
        this.manifest = manifest;
    }

    void run() throws IOException {
        List<SegmentName> names = survivors();
        long expected = 1;
        for (int i = 0; i < names.size(); i++) {
            SegmentName name = names.get(i);
            for (long missing = expected; missing < name.first(); missing++) {
                if (!manifest.isGone(missing)) {
                    throw JournalFailure.damaged(
                            directory.resolve(new SegmentName(missing, missing, 0).file()),
                            0,
                            "the file is missing");
                }
            }
            if (name.first() < expected) {
                throw JournalFailure.damaged(
                        directory.resolve(name.file()), 0, "another file holds the same segments");
            }
            expected = name.last() + 1;
            read(name, i == names.size() - 1);
        }
        lastSegment = Math.max(lastSegment, manifest.lastGone());
        indexer.voidAll();
        indexer.takeTouched();
    }

    /** The highest commit or position found. */
    long end() {
        return end;
    }

    long nextSegment() {
        return lastSegment + 1;
    }

    /** The files that count; what they replace, and what never came to count, is removed. */
    private List<SegmentName> survivors() throws IOException {
        List<SegmentName> found = new ArrayList<>();
        List<Path> rest = new ArrayList<>();
        try (Stream<Path> all = Files.list(directory)) {
            for (Path path : all.toList()) {
                String file = path.getFileName().toString();
                SegmentName.parse(file)
                        .ifPresentOrElse(
                                found::add,
                                () -> {
                                    if (file.endsWith(".index") || file.endsWith(".tmp")) {
                                        rest.add(path);
                                    }
                                });
            }
        }
        List<SegmentName> kept = new ArrayList<>();
        for (SegmentName name : found) {
            if (found.stream().anyMatch(other -> other.replaces(name))) {
                rest.add(directory.resolve(name.file()));
            } else {
                kept.add(name);
            }
        }
        for (Path path : rest) {
            Files.delete(path);
        }
        kept.sort(Comparator.comparingLong(SegmentName::first));
        return kept;
    }

    private void read(SegmentName name, boolean last) throws IOException {
        SegmentFile file = SegmentFile.map(directory, name);
        ByteBuffer view = file.view();
        pieces = name.generation() > 0 ? new Pieces.Builder() : null;
        indexer.begin(file);
        SegmentScanner scanner = new SegmentScanner(name, file.path(), view, view.limit());
        int good = scanner.scan(this);
        if (!scanner.isSealed()) {
            if (!last) {
                throw JournalFailure.damaged(
                        file.path(), good, "a checksum is wrong, or the file is cut off");
            }
            if (scanner.wasSynced(good)) {
                throw JournalFailure.damaged(
                        file.path(), good, "a checksum is wrong in what was synced before");
            }
            if (good == 0) {
                file.delete();
                return;
            }
            LOG.info("journal_torn_end_cut file={} offset={}", file.path(), good);
            good = cut(name, file.path(), good);
        } else if (last) {
            SegmentChannel.open(file.path()).seal(good);
        }
        file.length(good);
        file.synced(good);
        Pieces.Builder kept = pieces;
        if (kept != null) {
            file.pieces(kept.build());
        }
        files.add(file);
        lastSegment = name.last();
        indexer.seal();
        SegmentIndex index = file.index();
        if (index != null) {
            index.spill(directory.resolve(name.indexFile()), tables);
        }
    }

    /** Ends the file behind its last good frame; returns its new length. */
    private static int cut(SegmentName name, Path path, int good) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(Frames.HEADER + 1);
        frame.put(Frames.HEADER, SEALED);
        new Frames(name.first(), name.last(), name.generation()).finish(frame, null, good, good);
        SegmentChannel channel = SegmentChannel.open(path);
        int length = good + frame.limit();
        channel.write(frame, good);
        channel.seal(length);
        return length;
    }

    @Override
    public void start(long before, int nextShape) {
        passed(before);
        shapes.skipTo(nextShape);
    }

    @Override
    public void connected() {
        indexer.voidAll();
    }

    @Override
    public void context(long newXid, long newSubxid, long address) {
        xid = newXid;
        subxid = newSubxid;
        runStart = address;
    }

    @Override
    public void change(int shape, long address, int physical, int length) {
        Pieces.Builder kept = pieces;
        if (kept != null) {
            kept.add(address, physical, length);
        }
        indexer.change(
                indexer.open(xid, address),
                subxid,
                shapes.get(shape).table(),
                address,
                length,
                runStart);
    }

    @Override
    public void shape(int number, byte[] encoded) {
        shapes.recall(number, encoded);
    }

    @Override
    public void commit(
            long committedXid,
            long commitEnd,
            long micros,
            long from,
            LongMap aborted,
            int physical,
            int length) {
        OpenTransaction transaction = indexer.find(committedXid);
        if (transaction != null) {
            aborted.forEach(transaction.aborted()::put);
            indexer.commit(committedXid, commitEnd, micros, from);
        }
        passed(commitEnd);
    }

    @Override
    public void abort(long abortedXid, long abortedSubxid, long address) {
        indexer.abort(abortedXid, abortedSubxid, address);
    }

    @Override
    public void passed(long position) {
        if (Long.compareUnsigned(position, end) > 0) {
            end = position;
        }
    }
}
