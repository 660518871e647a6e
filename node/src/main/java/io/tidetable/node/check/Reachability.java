package io.tidetable.node.check;

import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Opens a connection, or says in one sentence why there is none. */
final class Reachability {
    private final Check unreachable;
    private final Check login;
    private final Check database;
    private final String words;

    private Reachability(Check unreachable, Check login, Check database, String words) {
        this.unreachable = unreachable;
        this.login = login;
        this.database = database;
        this.words = words;
    }

    static Reachability ofSource() {
        return new Reachability(
                Check.SOURCE_UNREACHABLE, Check.SOURCE_LOGIN, Check.SOURCE_DATABASE, "the source");
    }

    static Reachability ofDestination(String name) {
        return new Reachability(
                Check.DESTINATION_UNREACHABLE,
                Check.DESTINATION_LOGIN,
                Check.DESTINATION_DATABASE,
                "the destination " + name);
    }

    /** A connection; null after adding the finding that explains why not. */
    @Nullable Connection connect(Database target, Findings findings) {
        try {
            return target.connect("tidetable check");
        } catch (SQLException e) {
            explain(target, e, findings);
            return null;
        }
    }

    private void explain(Database target, SQLException failure, Findings findings) {
        String place = place(target);
        String user = target.properties().getOrDefault("user", "(none)");
        String state = String.valueOf(failure.getSQLState());
        switch (state) {
            case "28P01" ->
                    findings.error(
                            login,
                            place,
                            "%s does not accept the password of user %s; correct user or password in the settings"
                                    .formatted(words, user));
            case "28000" ->
                    findings.error(
                            login,
                            place,
                            "%s does not let user %s in: %s; create the role (CREATE ROLE \"%s\" LOGIN REPLICATION PASSWORD '..') or add a line to its pg_hba.conf"
                                    .formatted(words, user, innermost(failure), user));
            case "3D000" ->
                    findings.error(
                            database,
                            place,
                            "%s has no such database (%s); correct the URL in the settings, or create the database there"
                                    .formatted(words, innermost(failure)));
            case "53300" ->
                    findings.error(
                            unreachable,
                            place,
                            "%s has no connection left (%s); raise max_connections there or end idle ones"
                                    .formatted(words, innermost(failure)));
            default ->
                    findings.error(
                            unreachable,
                            place,
                            "%s cannot be reached (%s); check host and port in the settings, that the server runs, and that no firewall stands between"
                                    .formatted(words, innermost(failure)));
        }
    }

    /** Host, port and database, without what follows in the URL. */
    private static String place(Database target) {
        String url = target.jdbcUrl();
        int start = url.indexOf("//");
        int end = url.indexOf('?');
        return url.substring(start < 0 ? 0 : start + 2, end < 0 ? url.length() : end);
    }

    private static String innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage()).replace('\n', ' ').strip();
        return cause instanceof java.net.UnknownHostException
                ? "host name not known: " + message
                : message;
    }
}
