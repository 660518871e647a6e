/** The little linear algebra that the methods need. */
@NullMarked
package io.tidetable.forecast.linear;

import org.jspecify.annotations.NullMarked;
