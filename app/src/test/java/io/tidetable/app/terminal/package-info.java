/** Tests of what people see. */
@NullMarked
package io.tidetable.app.terminal;

import org.jspecify.annotations.NullMarked;
