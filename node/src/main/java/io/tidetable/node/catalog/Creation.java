package io.tidetable.node.catalog;

import io.tidetable.model.TidetableException;
import java.util.List;

/** What came of a table that was to be at the destination. */
public sealed interface Creation {
    /**
     * It was missing and was created.
     *
     * @param remarks what is not as at the source, each a sentence
     */
    record Created(List<String> remarks) implements Creation {
        public Created {
            remarks = List.copyOf(remarks);
        }
    }

    /** It was created earlier, by us. */
    record Ours() implements Creation {}

    /** It was there, made by somebody else, and was left as it is. */
    record Found() implements Creation {}

    /** It is missing and cannot be created. */
    record Refused(TidetableException reason) implements Creation {}
}
