/**
 * The metadata store: what the control plane must know again after a restart, in PostgreSQL. Saves
 * are compare-and-set on a version, and whoever listens hears of every change.
 */
@NullMarked
package io.tidetable.control.store;

import org.jspecify.annotations.NullMarked;
