/** PostgreSQL as both sides of the data path see it: connections, snapshots, identity. */
@NullMarked
package io.tidetable.node.postgres;

import org.jspecify.annotations.NullMarked;
