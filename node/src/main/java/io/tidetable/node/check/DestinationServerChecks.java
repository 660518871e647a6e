package io.tidetable.node.check;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import org.jspecify.annotations.Nullable;

/** Finds what is wrong with a destination as a server. */
final class DestinationServerChecks {
    private static final int OLDEST = 13;
    private static final int NEWEST = 18;
    private static final String ANY_BYTES = "SQL_ASCII";

    private final DestinationId id;
    private final DestinationFacts facts;
    private final Findings findings;

    DestinationServerChecks(DestinationId id, DestinationFacts facts, Findings findings) {
        this.id = id;
        this.facts = facts;
        this.findings = findings;
    }

    void run(@Nullable ServerFacts source) {
        ServerFacts server = facts.server();
        if (server.major() < OLDEST || server.major() > NEWEST) {
            findings.error(
                    Check.DESTINATION_VERSION,
                    id.name(),
                    "the destination is PostgreSQL %s; versions %d to %d are supported"
                            .formatted(server.versionText(), OLDEST, NEWEST));
        }
        if (server.standby()) {
            findings.error(
                    Check.DESTINATION_READ_ONLY,
                    id.name(),
                    "the destination is a standby and takes no writes; give the primary's address");
        } else if (server.readOnly()) {
            findings.error(
                    Check.DESTINATION_READ_ONLY,
                    id.name(),
                    "transactions are read-only at the destination unless they say otherwise; ALTER ROLE %s SET default_transaction_read_only = off"
                            .formatted(TableId.quote(server.role())));
        }
        if (!facts.bookkeeping()) {
            checkBookkeeping(server);
        }
        if (source != null) {
            checkAgainst(source, server);
        }
    }

    private void checkBookkeeping(ServerFacts server) {
        String role = TableId.quote(server.role());
        findings.error(
                Check.DESTINATION_BOOKKEEPING,
                id.name(),
                facts.namespaces().containsKey("tidetable")
                        ? "the role may not use schema tidetable, which holds how far each table has come; as its owner: ALTER SCHEMA tidetable OWNER TO %s, and its tables likewise"
                                .formatted(role)
                        : "the role may not create schema tidetable, which is to hold how far each table has come; GRANT CREATE ON DATABASE %s TO %s"
                                .formatted(TableId.quote(server.database()), role));
    }

    private void checkAgainst(ServerFacts source, ServerFacts server) {
        if (source.clusterAndDatabase().equals(server.clusterAndDatabase())) {
            findings.error(
                    Check.SAME_DATABASE,
                    id.name(),
                    "source and destination are the same database, and its tables would be replicated onto themselves; give another destination");
        }
        String from = source.encoding();
        String to = server.encoding();
        if (from.equals(to) && !from.equals(ANY_BYTES)) {
            return;
        }
        if (from.equals(ANY_BYTES) || to.equals(ANY_BYTES)) {
            findings.warning(
                    Check.ENCODING,
                    id.name(),
                    "the encoding is %s at the source and %s at the destination; SQL_ASCII does not say what bytes mean, so rows with other than ASCII characters may be refused or read differently. Use UTF8 on both sides"
                            .formatted(from, to));
        } else if (to.equals("UTF8")) {
            findings.info(
                    Check.ENCODING,
                    id.name(),
                    "texts are converted from %s to UTF8 on the way; nothing is lost"
                            .formatted(from));
        } else {
            findings.warning(
                    Check.ENCODING,
                    id.name(),
                    "the encoding is %s at the source and %s at the destination; rows with characters that %s does not have will be set aside. Use a destination with UTF8"
                            .formatted(from, to, to));
        }
    }
}
