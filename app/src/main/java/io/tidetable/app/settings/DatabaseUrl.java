package io.tidetable.app.settings;

import io.tidetable.model.NearestName;
import io.tidetable.node.postgres.Database;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Reads {@code postgresql://} and {@code jdbc:postgresql://} URLs. Its messages never repeat a
 * URL's text, since a password may stand in it.
 */
final class DatabaseUrl {
    private static final Pattern SHAPE =
            Pattern.compile(
                    "(?:jdbc:)?postgres(?:ql)?://(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?"
                            + "(?<hosts>[^/?@]+)/(?<database>[^/?]+)(?:\\?(?<query>.*))?");

    private static final Pattern HOST =
            Pattern.compile("(\\[[0-9a-fA-F:.%]+]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

    /** What libpq calls it, and what the driver does. */
    private static final Map<String, String> LIBPQ_NAMES =
            Map.of(
                    "connect_timeout", "connectTimeout",
                    "channel_binding", "channelBinding",
                    "target_session_attrs", "targetServerType",
                    "gssencmode", "gssEncMode",
                    "sslnegotiation", "sslNegotiation");

    private static final Map<String, String> SESSION_ATTRIBUTES =
            Map.of(
                    "any", "any",
                    "read-write", "primary",
                    "primary", "primary",
                    "standby", "secondary",
                    "prefer-standby", "preferSecondary");

    private DatabaseUrl() {}

    /**
     * Makes a database of it.
     *
     * @param password what the settings give beside the URL
     * @throws IllegalArgumentException with the sentence that fixes it
     */
    static Database parse(String url, @Nullable String password) {
        Matcher parts = SHAPE.matcher(url.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "is not a PostgreSQL URL; write postgresql://user@host:5432/database"
                            + " (special characters in a password percent-encoded, or the password in its"
                            + " own key)");
        }
        Map<String, String> properties = new LinkedHashMap<>();
        query(parts.group("query"), properties);
        put(properties, "user", parts.group("user"));
        put(properties, "password", parts.group("password"));
        if (password != null && properties.put("password", password) != null) {
            throw new IllegalArgumentException(
                    "holds a password, and so does the key 'password'; keep one of them");
        }
        if (properties.getOrDefault("user", "").isEmpty()) {
            throw new IllegalArgumentException(
                    "names no user; write postgresql://user@host:5432/database");
        }
        String hosts = hosts(parts.group("hosts"));
        return new Database(
                "jdbc:postgresql://" + hosts + "/" + parts.group("database"), properties);
    }

    private static String hosts(String hosts) {
        for (String host : hosts.split(",", -1)) {
            Matcher matcher = HOST.matcher(host);
            if (!matcher.matches()
                    || (matcher.group(2) != null && Integer.parseInt(matcher.group(2)) > 65535)) {
                throw new IllegalArgumentException(
                        "has a host that is not written as name, name:port or [IPv6]:port");
            }
        }
        return hosts;
    }

    private static void query(@Nullable String query, Map<String, String> properties) {
        if (query == null || query.isEmpty()) {
            return;
        }
        for (String parameter : query.split("&", -1)) {
            String[] pair = parameter.split("=", 2);
            if (pair.length != 2) {
                throw new IllegalArgumentException(
                        "has a parameter without '='; parameters are written ?sslmode=require&...");
            }
            String written = decode(pair[0]);
            String name = LIBPQ_NAMES.getOrDefault(written, written);
            if (PGProperty.forName(name) == null) {
                throw new IllegalArgumentException(unknownParameter(written));
            }
            properties.put(name, valueOf(name, decode(pair[1])));
        }
    }

    private static String valueOf(String name, String value) {
        if (name.equals("targetServerType")) {
            return SESSION_ATTRIBUTES.getOrDefault(value, value);
        }
        if (name.equals("sslmode")
                && !value.matches("disable|allow|prefer|require|verify-ca|verify-full")) {
            throw new IllegalArgumentException(
                    "has an sslmode that does not exist; it takes disable, allow, prefer, require,"
                            + " verify-ca or verify-full");
        }
        return value;
    }

    private static String unknownParameter(String written) {
        TreeSet<String> known = new TreeSet<>(LIBPQ_NAMES.keySet());
        Arrays.stream(PGProperty.values()).map(PGProperty::getName).forEach(known::add);
        return "has the unknown parameter '"
                + written
                + "'"
                + NearestName.of(written, known)
                        .map(name -> "; did you mean '" + name + "'?")
                        .orElse("; the driver's parameters are listed at jdbc.postgresql.org");
    }

    private static void put(Map<String, String> properties, String key, @Nullable String encoded) {
        if (encoded != null && properties.put(key, decode(encoded)) != null) {
            throw new IllegalArgumentException("gives the " + key + " twice; keep one of them");
        }
    }

    private static String decode(String encoded) {
        try {
            return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "has a '%' that is not followed by two hexadecimal digits; a percent sign"
                            + " itself is written %25");
        }
    }
}
