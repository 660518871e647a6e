package io.tidetable.node.catalog;

/** What a relation that can be read like a table is. */
public enum RelationKind {
    TABLE("a table"),
    PARTITIONED_TABLE("a partitioned table"),
    FOREIGN_TABLE("a foreign table"),
    VIEW("a view"),
    MATERIALIZED_VIEW("a materialized view");

    private final String words;

    RelationKind(String words) {
        this.words = words;
    }

    /** The kind in a sentence, with its article. */
    public String words() {
        return words;
    }

    /** Whether rows can be kept in it. */
    boolean isTable() {
        return switch (this) {
            case TABLE, PARTITIONED_TABLE -> true;
            case FOREIGN_TABLE, VIEW, MATERIALIZED_VIEW -> false;
        };
    }

    static RelationKind of(String letter) {
        return switch (letter) {
            case "r" -> TABLE;
            case "p" -> PARTITIONED_TABLE;
            case "f" -> FOREIGN_TABLE;
            case "v" -> VIEW;
            case "m" -> MATERIALIZED_VIEW;
            default -> throw new IllegalArgumentException("not a kind of table: " + letter);
        };
    }
}
