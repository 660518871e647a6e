package io.tidetable.model;

/** How a source table names the old row of an update or delete. */
public enum ReplicaIdentity {
    DEFAULT('d'),
    NOTHING('n'),
    FULL('f'),
    INDEX('i');

    private final char code;

    ReplicaIdentity(char code) {
        this.code = code;
    }

    /** PostgreSQL's letter for it ({@code pg_class.relreplident}). */
    public char code() {
        return code;
    }

    /**
     * The identity PostgreSQL writes with that letter.
     *
     * @throws IllegalArgumentException when PostgreSQL has no such letter
     */
    public static ReplicaIdentity of(char code) {
        for (ReplicaIdentity identity : values()) {
            if (identity.code == code) {
                return identity;
            }
        }
        throw new IllegalArgumentException("not a replica identity: '" + code + "'");
    }
}
