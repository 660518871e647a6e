package io.tidetable.node.catalog;

/**
 * How large a relation was when PostgreSQL last counted (vacuum, analyze).
 *
 * @param pages of 8 kB
 * @param rows -1 when never counted
 * @param file pg_class.relfilenode: another one means the relation was rewritten or truncated
 */
public record StorageEstimate(long pages, long rows, long file) {
    /** The size in bytes. */
    public long bytes() {
        return pages * 8192;
    }
}
