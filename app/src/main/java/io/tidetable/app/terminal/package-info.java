/** What people see in a terminal: tables of text, the live view, progress. */
@NullMarked
package io.tidetable.app.terminal;

import org.jspecify.annotations.NullMarked;
