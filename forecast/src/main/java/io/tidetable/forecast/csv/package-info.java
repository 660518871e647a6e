/** Series as lines of text: the layout of the M4 competition, and timestamps with values. */
@NullMarked
package io.tidetable.forecast.csv;

import org.jspecify.annotations.NullMarked;
