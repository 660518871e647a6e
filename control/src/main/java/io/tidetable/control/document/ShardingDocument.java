package io.tidetable.control.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidetable.model.schema.Sharding;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a table is divided into shards. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ShardingDocument(
        @Nullable String by, @Nullable Integer shards, @Nullable List<String> bounds) {
    /** The form of it. */
    public static ShardingDocument of(Sharding sharding) {
        return switch (sharding) {
            case Sharding.Unsharded() -> new ShardingDocument("none", null, null);
            case Sharding.ByPartition() -> new ShardingDocument("partition", null, null);
            case Sharding.ByKeyHash(int shards) -> new ShardingDocument("key_hash", shards, null);
            case Sharding.ByKeyRange(List<String> bounds) ->
                    new ShardingDocument("key_range", null, bounds);
        };
    }

    /**
     * What it says.
     *
     * @throws IllegalArgumentException when it is none of the known
     */
    public Sharding sharding() {
        String kind = Objects.requireNonNullElse(by, "");
        boolean hash = kind.equals("key_hash");
        boolean range = kind.equals("key_range");
        if ((shards != null && !hash) || (bounds != null && !range)) {
            throw new IllegalArgumentException(
                    "'shards' goes with by: key_hash, 'bounds' with by: key_range");
        }
        return switch (kind) {
            case "none" -> new Sharding.Unsharded();
            case "partition" -> new Sharding.ByPartition();
            case "key_hash" -> new Sharding.ByKeyHash(shards == null ? 4 : shards);
            case "key_range" -> new Sharding.ByKeyRange(bounds == null ? List.of() : bounds);
            default ->
                    throw new IllegalArgumentException(
                            "sharding is by none, partition, key_hash or key_range, got '"
                                    + kind
                                    + "'");
        };
    }
}
