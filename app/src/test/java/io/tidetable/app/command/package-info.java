/** Tests of package command. */
@NullMarked
package io.tidetable.app.command;

import org.jspecify.annotations.NullMarked;
