/** What is measured of the tables at the source and the destinations. */
@NullMarked
package io.tidetable.control.observe;

import org.jspecify.annotations.NullMarked;
