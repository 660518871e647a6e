package io.tidetable.control.plane;

import io.tidetable.control.document.FunctionDocument;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StoredFunction;
import java.time.InstantSource;
import java.util.List;

/** The functions downstream that are declared while it runs. Thread-safe. */
public final class DeclaredFunctions {
    private final MetadataStore store;
    private final InstantSource clock;
    private volatile FunctionUser user = FunctionUser.NONE;
    private List<StoredFunction> used = List.of();

    DeclaredFunctions(MetadataStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /** Who carries tables for them, from now on. */
    void usedBy(FunctionUser newUser) {
        user = newUser;
    }

    /**
     * Hands them to who carries tables for them, where there are others than before.
     *
     * @return whether there are
     */
    synchronized boolean use() {
        List<StoredFunction> declared = all();
        if (declared.equals(used)) {
            return false;
        }
        user.use(declared);
        used = declared;
        return true;
    }

    /** All of them. */
    public List<StoredFunction> all() {
        return store.functions().all();
    }

    /**
     * Declares one; tables that are carried for it get what it needs.
     *
     * @param from its version as the caller knows it; 0 where there is none
     * @return its version now
     * @throws io.tidetable.model.TidetableException when its needs cannot be known
     * @throws io.tidetable.control.store.StaleVersionException when it has another version by now
     */
    public long declare(String name, long from, FunctionDocument function, String author) {
        user.check(name, function);
        return store.functions().save(name, from, function, author, clock.instant());
    }

    /** Takes one away. */
    public void drop(String name, long from, String author) {
        store.functions().save(name, from, null, author, clock.instant());
    }
}
