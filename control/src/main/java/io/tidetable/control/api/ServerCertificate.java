package io.tidetable.control.api;

import io.tidetable.model.TidetableException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * By what the HTTP interface shows who it is and encrypts, as PEM files.
 *
 * @param chain the certificate, and those of its issuers below it
 * @param key the private key, PKCS#8 and not encrypted
 */
public record ServerCertificate(Path chain, Path key) {
    private static final Pattern KEY =
            Pattern.compile(
                    "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    /**
     * Reads both.
     *
     * @throws TidetableException TT-611 when they cannot be used
     */
    public void check() {
        keyStore(new char[0]);
    }

    ServerConnector connector(Server server, HttpConfiguration http, Listening where) {
        // Only the factory sees it: the store never leaves the memory.
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = Base64.getEncoder().encodeToString(random);
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setKeyStore(keyStore(password.toCharArray()));
        factory.setKeyStorePassword(password);
        HttpConfiguration secure = new HttpConfiguration(http);
        // The address may be any that leads here.
        secure.addCustomizer(new SecureRequestCustomizer(false));
        ServerConnector connector =
                new ServerConnector(
                        server,
                        new SslConnectionFactory(factory, HttpVersion.HTTP_1_1.asString()),
                        new HttpConnectionFactory(secure));
        connector.setHost(where.host());
        connector.setPort(where.port());
        return connector;
    }

    private KeyStore keyStore(char[] password) {
        try {
            List<? extends Certificate> certificates =
                    List.copyOf(
                            CertificateFactory.getInstance("X.509")
                                    .generateCertificates(
                                            new ByteArrayInputStream(Files.readAllBytes(chain))));
            if (certificates.isEmpty()) {
                throw unusable(chain, "it holds no certificate", null);
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(
                    "tidetable",
                    privateKey(certificates.getFirst().getPublicKey().getAlgorithm()),
                    password,
                    certificates.toArray(Certificate[]::new));
            return store;
        } catch (IOException e) {
            throw unusable(chain, "it cannot be read (" + e.getClass().getSimpleName() + ")", e);
        } catch (GeneralSecurityException e) {
            throw unusable(chain, "it is not a certificate in PEM form that goes with its key", e);
        }
    }

    private PrivateKey privateKey(String algorithm) throws GeneralSecurityException {
        try {
            Matcher text = KEY.matcher(Files.readString(key));
            if (!text.find()) {
                throw unusable(
                        key,
                        "it is not an unencrypted PKCS#8 key in PEM form, which begins '-----BEGIN PRIVATE KEY-----' ('openssl pkcs8 -topk8 -nodes' makes one)",
                        null);
            }
            return KeyFactory.getInstance(algorithm)
                    .generatePrivate(
                            new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(text.group(1))));
        } catch (IOException e) {
            throw unusable(key, "it cannot be read (" + e.getClass().getSimpleName() + ")", e);
        } catch (InvalidKeySpecException | IllegalArgumentException e) {
            // Without the cause, which might show of the key.
            throw unusable(key, "it is not the key of the certificate", null);
        }
    }

    private static TidetableException unusable(
            Path file, String why, @org.jspecify.annotations.Nullable Exception cause) {
        String sentence =
                "the HTTP interface cannot use %s: %s; give it another, or leave both keys out"
                        .formatted(file, why);
        return cause == null
                ? new TidetableException("TT-611", sentence)
                : new TidetableException("TT-611", sentence, cause);
    }
}
