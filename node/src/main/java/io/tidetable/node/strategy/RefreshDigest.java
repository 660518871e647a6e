package io.tidetable.node.strategy;

/**
 * Checksums of all rows as of a refresh.
 *
 * @param made how they were made: the hash, the columns and their types
 * @param sum1 of the rows' first hashes, modulo 2^64
 * @param sum2 of their second
 */
public record RefreshDigest(String made, long rows, long sum1, long sum2) {}
