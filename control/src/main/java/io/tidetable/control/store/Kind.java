package io.tidetable.control.store;

/** What can change in the metadata store. */
public enum Kind {
    SCHEMAS("replication_schema"),
    RULES("rule_set"),
    OVERRIDES("schema_override"),
    TOKENS("access_token"),
    FUNCTIONS("declared_function"),
    AUDIT("audit");

    private final String table;

    Kind(String table) {
        this.table = table;
    }

    String table() {
        return table;
    }
}
