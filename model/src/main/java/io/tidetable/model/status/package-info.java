/**
 * What a running pipeline says about itself: the one source of the terminal view, the API and the
 * metrics.
 */
@NullMarked
package io.tidetable.model.status;

import org.jspecify.annotations.NullMarked;
