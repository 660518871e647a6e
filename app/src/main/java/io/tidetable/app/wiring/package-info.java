/** Puts the parts together: a running pipeline with its data folder and its HTTP interface. */
@NullMarked
package io.tidetable.app.wiring;

import org.jspecify.annotations.NullMarked;
