/** Reads the messages of PostgreSQL's {@code pgoutput} plugin: bytes in, events out, no I/O. */
@NullMarked
package io.tidetable.node.pgoutput;

import org.jspecify.annotations.NullMarked;
