/** The methods, one file each. */
@NullMarked
package io.tidetable.forecast.method;

import org.jspecify.annotations.NullMarked;
