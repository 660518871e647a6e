/** Tests of the words around replication schemas. */
@NullMarked
package io.tidetable.model.schema;

import org.jspecify.annotations.NullMarked;
