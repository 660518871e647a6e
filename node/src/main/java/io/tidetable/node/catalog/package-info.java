/** What tables a database has, and how a destination gets and keeps tables like the source's. */
@NullMarked
package io.tidetable.node.catalog;

import org.jspecify.annotations.NullMarked;
