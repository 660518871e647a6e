package io.tidetable.node.check;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.capture.LiveMoves;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Finds what is wrong with a source as a server. */
final class SourceServerChecks {
    private static final int OLDEST = 14;
    private static final int NEWEST = 18;

    private static final String REPLICATION =
            """
            SELECT current_setting('wal_level') AS wal_level,
                current_setting('max_replication_slots')::int AS slots,
                (SELECT count(*) FROM pg_replication_slots) AS slots_taken,
                (SELECT count(*) FROM pg_replication_slots WHERE slot_name = ANY (?)) AS slots_ours,
                (SELECT count(*) FROM pg_replication_slots WHERE slot_name = ANY (?) AND active)
                    AS senders_ours,
                current_setting('max_wal_senders')::int AS senders,
                (SELECT count(*) FROM pg_stat_replication) AS senders_taken,
                current_setting('max_slot_wal_keep_size') AS keep,
                coalesce(current_setting('idle_replication_slot_timeout', true), '0') AS idle
            """;

    private final CheckRequest request;
    private final Findings findings;

    SourceServerChecks(CheckRequest request, Findings findings) {
        this.request = request;
        this.findings = findings;
    }

    void run(Connection source, ServerFacts server) throws SQLException {
        checkVersion(server);
        if (server.standby()) {
            findings.error(
                    Check.SOURCE_STANDBY,
                    "source",
                    "the source is a standby, whose snapshots leave out running transactions, so a copy would lose their rows; give the primary's address");
        }
        if (!server.replicates()) {
            findings.error(
                    Check.REPLICATION_ROLE,
                    "role " + server.role(),
                    "the role may not read the change stream; as a superuser: ALTER ROLE %s REPLICATION"
                            .formatted(TableId.quote(server.role())));
        }
        checkReplication(source);
    }

    private void checkVersion(ServerFacts server) {
        if (server.major() < OLDEST || server.major() > NEWEST) {
            findings.error(
                    Check.SOURCE_VERSION,
                    "source",
                    "the source is PostgreSQL %s; sources of version %d to %d are supported, older ones cannot stream large transactions"
                            .formatted(server.versionText(), OLDEST, NEWEST));
            return;
        }
        int needed = LiveMoves.firstMinor(server.major());
        if (server.minor() < needed) {
            findings.info(
                    Check.FIXED_TRACKS,
                    "source",
                    "the source is PostgreSQL %s, whose decoding can lose changes while a publication is altered; tables stay on the track they start on until it is updated to %d.%d or later"
                            .formatted(server.versionText(), server.major(), needed));
        }
    }

    private void checkReplication(Connection source) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(REPLICATION)) {
            Array ours =
                    source.createArrayOf(
                            "text",
                            request.tracks().stream()
                                    .map(request::slotName)
                                    .toArray(String[]::new));
            statement.setArray(1, ours);
            statement.setArray(2, ours);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                String level = row.getString("wal_level");
                if (!level.equals("logical")) {
                    findings.error(
                            Check.WAL_LEVEL,
                            "wal_level",
                            "wal_level is %s, with which the log does not carry rows; set wal_level = logical (ALTER SYSTEM SET wal_level = logical) and restart the source"
                                    .formatted(level));
                }
                checkFree(
                        Check.REPLICATION_SLOTS,
                        "max_replication_slots",
                        row.getInt("slots"),
                        row.getInt("slots_taken"),
                        request.tracks().size() - row.getInt("slots_ours"));
                checkFree(
                        Check.WAL_SENDERS,
                        "max_wal_senders",
                        row.getInt("senders"),
                        row.getInt("senders_taken"),
                        request.tracks().size() - row.getInt("senders_ours"));
                checkRetention(row.getString("keep"), row.getString("idle"));
            }
        }
    }

    private void checkFree(Check check, String setting, int total, int taken, int needed) {
        if (total - taken < needed) {
            findings.error(
                    check,
                    setting,
                    "%d of %d are taken and %d more are needed, one per track (%s); raise %s to at least %d and restart the source"
                            .formatted(
                                    taken,
                                    total,
                                    needed,
                                    String.join(
                                            ", ",
                                            request.tracks().stream()
                                                    .map(Track::label)
                                                    .sorted()
                                                    .toList()),
                                    setting,
                                    taken + needed));
        }
    }

    private void checkRetention(String keep, String idle) {
        findings.info(
                Check.SLOT_RETENTION,
                "max_slot_wal_keep_size",
                keep.equals("-1")
                        ? "the source keeps log for a slot without limit; where its disk matters more than a new copy of the tables after a long stop, set max_slot_wal_keep_size"
                        : "the source drops log that a slot still needs beyond %s; after a stop in which more was written the tables are compared and mended anew"
                                .formatted(keep));
        if (!idle.equals("0")) {
            findings.warning(
                    Check.IDLE_SLOT_TIMEOUT,
                    "idle_replication_slot_timeout",
                    "the source invalidates slots that were not read for %s, so a longer stop costs a new comparison of all tables; set idle_replication_slot_timeout = 0 or expect that"
                            .formatted(idle));
        }
    }
}
