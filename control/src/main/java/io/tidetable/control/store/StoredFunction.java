package io.tidetable.control.store;

import io.tidetable.control.document.FunctionDocument;
import java.time.Instant;

/**
 * A function that was declared while the pipeline ran.
 *
 * @param version counts its versions from 1, those in which it was not there too
 */
public record StoredFunction(
        String name, long version, FunctionDocument function, String author, Instant at) {}
