package io.tidetable.app.settings;

import io.tidetable.control.api.Listening;
import io.tidetable.control.api.ServerCertificate;
import io.tidetable.model.TidetableException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/** Reads the block {@code api}: who can reach the interface, and what keeps others out. */
final class ApiKeys {
    private static final JsonPointer PLACE = JsonPointer.valueOf("/api");

    private final WrittenValues values;

    ApiKeys(WrittenValues values) {
        this.values = values;
    }

    Settings.Api api(Document.Api api) {
        String host =
                values.value(
                        PLACE.appendProperty("host"),
                        api.host(),
                        Settings.Api.DEFAULT.host(),
                        ApiKeys::host);
        int port =
                values.value(
                        PLACE.appendProperty("port"),
                        api.port(),
                        Settings.Api.DEFAULT.port(),
                        text -> ValueKinds.number(text, 0, 65535));
        boolean tokens =
                values.value(
                        PLACE.appendProperty("tokens"),
                        api.tokens(),
                        !Listening.isLoopback(host),
                        ValueKinds::truth);
        ServerCertificate certificate = certificate(api.certificate(), api.key());
        boolean unencrypted =
                values.value(
                        PLACE.appendProperty("unencrypted"),
                        api.unencrypted(),
                        false,
                        ValueKinds::truth);
        if (!Listening.isLoopback(host)) {
            if (!tokens) {
                throw mistake(
                        "tokens",
                        "cannot be false where others than this machine reach the interface; leave it out, or listen on 127.0.0.1");
            }
            if (certificate == null && !unencrypted) {
                throw mistake(
                        "host",
                        "is reached from elsewhere, where tokens must not travel in the clear; give api.certificate and api.key, or 'unencrypted: true' where something in front of it encrypts, or listen on 127.0.0.1");
            }
        }
        return new Settings.Api(host, port, tokens, certificate);
    }

    private @Nullable ServerCertificate certificate(@Nullable String chain, @Nullable String key) {
        if (chain == null && key == null) {
            return null;
        }
        if (chain == null || key == null) {
            throw mistake(
                    chain == null ? "key" : "certificate",
                    "needs the other of api.certificate and api.key beside it");
        }
        ServerCertificate certificate =
                new ServerCertificate(path("certificate", chain), path("key", key));
        try {
            certificate.check();
        } catch (TidetableException e) {
            throw mistake("certificate", "cannot be used: " + e.getMessage());
        }
        return certificate;
    }

    private Path path(String name, String written) {
        return values.value(PLACE.appendProperty(name), written, Path.of(""), Path::of);
    }

    private static SettingsMistake mistake(String name, String sentence) {
        return new SettingsMistake(
                "TT-103", PLACE.appendProperty(name), "api." + name + " " + sentence);
    }

    private static String host(String host) {
        if (host.matches("[A-Za-z0-9.:_-]{1,255}")) {
            return host;
        }
        throw new IllegalArgumentException(
                "takes an address or a name of this machine, such as 127.0.0.1 or 0.0.0.0");
    }
}
