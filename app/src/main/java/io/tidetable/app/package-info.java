/** The executable: command line, settings, wiring. */
@NullMarked
package io.tidetable.app;

import org.jspecify.annotations.NullMarked;
