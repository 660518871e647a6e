/** The journal in local segment files: append, group sync, index by table, freeing by release. */
@NullMarked
package io.tidetable.node.journal.local;

import org.jspecify.annotations.NullMarked;
