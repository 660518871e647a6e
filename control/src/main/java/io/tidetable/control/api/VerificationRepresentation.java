package io.tidetable.control.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.status.TableVerification;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What comparing one table found, as JSON. */
public record VerificationRepresentation(
        String table,
        String namespace,
        String name,
        String destination,
        boolean equal,
        long sourceRows,
        long destinationRows,
        long missing,
        long extra,
        long different,
        List<String> examples,
        long repaired,
        long tookMs,
        @Nullable String problem) {

    public static VerificationRepresentation of(
            DestinationId destination, TableVerification verification) {
        return new VerificationRepresentation(
                verification.table().toString(),
                verification.table().namespace(),
                verification.table().name(),
                destination.name(),
                verification.equal(),
                verification.sourceRows(),
                verification.destinationRows(),
                verification.missing(),
                verification.extra(),
                verification.different(),
                verification.examples(),
                verification.repaired(),
                verification.took().toMillis(),
                verification.problem());
    }

    /** A whole comparison as one JSON document. */
    public static String json(List<VerificationRepresentation> tables) {
        return Json.MAPPER.writeValueAsString(
                new Whole(tables.stream().allMatch(VerificationRepresentation::equal), tables));
    }

    TableVerification verification() {
        return new TableVerification(
                new TableId(namespace, name),
                sourceRows,
                destinationRows,
                missing,
                extra,
                different,
                examples,
                repaired,
                Duration.ofMillis(tookMs),
                problem);
    }

    private record Whole(boolean equal, List<VerificationRepresentation> tables) {}

    /** What is to be compared; everything when empty. */
    record Request(
            @Nullable String destination,
            @Nullable List<String> tables,
            @Nullable Boolean repair) {}

    /** One line of the streamed answer: a table, or the end, or what stopped it. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(
            @Nullable VerificationRepresentation table,
            @Nullable Boolean done,
            @Nullable Problem problem) {}
}
