package io.tidetable.model.schema;

import java.util.List;

/** How a table is divided into shards, each with a weight, copy tasks and a route of its own. */
public sealed interface Sharding {
    /** For people: {@code 4 shards by key hash}. */
    default String describe() {
        return switch (this) {
            case Unsharded() -> "one shard";
            case ByPartition() -> "a shard per partition";
            case ByKeyHash(int shards) -> shards + " shards by key hash";
            case ByKeyRange(List<String> bounds) ->
                    (bounds.size() + 1) + " shards by key range, divided at " + bounds;
        };
    }

    /** The whole table is one shard. */
    record Unsharded() implements Sharding {}

    /** Each of its native partitions is a shard. */
    record ByPartition() implements Sharding {}

    /**
     * Keys are spread by hash.
     *
     * @param shards 2 to 64
     */
    record ByKeyHash(int shards) implements Sharding {
        public ByKeyHash {
            if (shards < 2 || shards > 64) {
                throw new IllegalArgumentException(
                        "sharding by key hash takes 2 to 64 shards, got " + shards);
            }
        }
    }

    /**
     * Keys are divided by ranges of the first key column.
     *
     * @param bounds as SQL text, ascending; each is the first key of the shard above it
     */
    record ByKeyRange(List<String> bounds) implements Sharding {
        public ByKeyRange {
            bounds = List.copyOf(bounds);
            if (bounds.isEmpty() || bounds.size() > 1023) {
                throw new IllegalArgumentException(
                        "sharding by key range takes 1 to 1023 bounds, got " + bounds.size());
            }
        }
    }
}
