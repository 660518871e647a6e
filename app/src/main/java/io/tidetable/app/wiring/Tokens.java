package io.tidetable.app.wiring;

import io.tidetable.app.settings.Settings;
import io.tidetable.control.api.ControlClient;
import io.tidetable.control.api.ControlClient.Token;
import io.tidetable.control.store.AccessToken;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.TidetableException;
import java.time.InstantSource;
import java.util.List;

/** The access tokens of a pipeline, in its metadata store or behind its HTTP interface. */
public interface Tokens extends AutoCloseable {
    /**
     * Makes one.
     *
     * @return the token, told once
     */
    String create(String name, String role);

    /** Those there are and were. */
    List<Token> all();

    /** Makes one worthless. */
    void revoke(String name);

    @Override
    void close();

    /** Behind a running pipeline. */
    static Tokens behind(ControlClient client) {
        return new Tokens() {
            @Override
            public String create(String name, String role) {
                return client.createToken(name, role);
            }

            @Override
            public List<Token> all() {
                return client.tokens();
            }

            @Override
            public void revoke(String name) {
                client.revokeToken(name);
            }

            @Override
            public void close() {
                // It is the caller's.
            }
        };
    }

    /** In the metadata store itself: whoever may write there needs no other right. */
    static Tokens of(Settings settings, String author) {
        MetadataStore store = new MetadataStore(settings.metadata()::connect, settings.name());
        try {
            store.start();
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
        InstantSource clock = InstantSource.system();
        return new Tokens() {
            @Override
            public String create(String name, String role) {
                return store.tokens().create(name, parsed(role), author, clock.instant());
            }

            @Override
            public List<Token> all() {
                return store.tokens().all().stream().map(Token::of).toList();
            }

            @Override
            public void revoke(String name) {
                store.tokens().revoke(name, author, clock.instant());
            }

            @Override
            public void close() {
                store.close();
            }
        };
    }

    private static AccessToken.Role parsed(String role) {
        try {
            return AccessToken.Role.parse(role);
        } catch (IllegalArgumentException e) {
            throw new TidetableException("TT-121", String.valueOf(e.getMessage()), e);
        }
    }
}
