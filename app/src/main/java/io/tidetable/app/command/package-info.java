/** The command line: one class per command. */
@NullMarked
package io.tidetable.app.command;

import org.jspecify.annotations.NullMarked;
