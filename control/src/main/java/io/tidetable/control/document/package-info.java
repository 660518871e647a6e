/**
 * The JSON forms of what the control plane keeps and tells: what stands in the metadata store, in
 * answers and in files that are applied.
 */
@NullMarked
package io.tidetable.control.document;

import org.jspecify.annotations.NullMarked;
