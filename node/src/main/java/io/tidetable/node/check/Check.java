package io.tidetable.node.check;

/** What a preflight looks at, each with its stable code. */
public enum Check {
    SOURCE_UNREACHABLE("TT-250"),
    SOURCE_LOGIN("TT-251"),
    SOURCE_DATABASE("TT-252"),
    SOURCE_VERSION("TT-253"),
    SOURCE_STANDBY("TT-254"),
    WAL_LEVEL("TT-255"),
    REPLICATION_ROLE("TT-256"),
    REPLICATION_SLOTS("TT-257"),
    WAL_SENDERS("TT-258"),
    SLOT_RETENTION("TT-259"),
    IDLE_SLOT_TIMEOUT("TT-260"),
    FIXED_TRACKS("TT-261"),
    PATTERN_WITHOUT_TABLE("TT-262"),
    NOT_A_TABLE("TT-263"),
    NAMED_PARTITION("TT-264"),
    UNLOGGED_TABLE("TT-265"),
    REPLICA_IDENTITY("TT-266"),
    PUBLICATION_RIGHTS("TT-267"),
    SOURCE_PRIVILEGES("TT-268"),
    SOURCE_ROW_SECURITY("TT-269"),
    GENERATED_COLUMNS("TT-270"),
    GENERATED_IN_IDENTITY("TT-271"),
    INHERITANCE("TT-272"),
    FOREIGN_PARTITION("TT-273"),
    KEY_CONSISTENCY("TT-274"),
    DESTINATION_UNREACHABLE("TT-460"),
    DESTINATION_LOGIN("TT-461"),
    DESTINATION_DATABASE("TT-462"),
    DESTINATION_VERSION("TT-463"),
    DESTINATION_READ_ONLY("TT-464"),
    SAME_DATABASE("TT-465"),
    ENCODING("TT-466"),
    DESTINATION_BOOKKEEPING("TT-467"),
    DESTINATION_CREATE("TT-468"),
    EXTENSION("TT-469"),
    CLASHING_OBJECT("TT-470"),
    FOREIGN_ROWS("TT-471"),
    COLUMN_TYPES("TT-472"),
    EXTRA_COLUMNS("TT-473"),
    UNWRITABLE_COLUMN("TT-474"),
    DESTINATION_KEY("TT-475"),
    DESTINATION_PRIVILEGES("TT-476"),
    DESTINATION_ROW_SECURITY("TT-477"),
    TRIGGERS("TT-478"),
    FOREIGN_KEYS("TT-479");

    private final String code;

    Check(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }

    /**
     * Whether an error only keeps tables from being created at a destination: they are set aside
     * there and everything else goes on.
     */
    public boolean setsTablesAside() {
        return this == DESTINATION_CREATE || this == EXTENSION || this == CLASHING_OBJECT;
    }
}
