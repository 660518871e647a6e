/**
 * Reads the source's changes, track by track, into the journal, and keeps what that needs there.
 */
@NullMarked
package io.tidetable.node.capture;

import org.jspecify.annotations.NullMarked;
