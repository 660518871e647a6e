/** What functions downstream need of the tables they read: columns, and conditions on rows. */
@NullMarked
package io.tidetable.node.functional;

import org.jspecify.annotations.NullMarked;
