/** Tests of the whole: its layers, its commands. */
@NullMarked
package io.tidetable.app;

import org.jspecify.annotations.NullMarked;
