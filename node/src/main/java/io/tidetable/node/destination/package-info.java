/** What the data path keeps in a destination besides the tables: progress, copies, quarantine. */
@NullMarked
package io.tidetable.node.destination;

import org.jspecify.annotations.NullMarked;
