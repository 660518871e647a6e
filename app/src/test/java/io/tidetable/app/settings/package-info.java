/** Tests of the settings file. */
@NullMarked
package io.tidetable.app.settings;

import org.jspecify.annotations.NullMarked;
