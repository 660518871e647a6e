/** Tests of the recurrent network. */
@NullMarked
package io.tidetable.lstm;

import org.jspecify.annotations.NullMarked;
