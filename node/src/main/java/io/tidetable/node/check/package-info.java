/** What would go wrong with a source and its destinations, said before anything is started. */
@NullMarked
package io.tidetable.node.check;

import org.jspecify.annotations.NullMarked;
