/** The settings file: how it is written, what it means, and the sentence for each mistake in it. */
@NullMarked
package io.tidetable.app.settings;

import org.jspecify.annotations.NullMarked;
