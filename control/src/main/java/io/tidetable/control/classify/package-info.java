/**
 * From figures to a class: the rules of administrators and the defaults, and what they make of a
 * table. Pure: nothing here reads a clock or a database.
 */
@NullMarked
package io.tidetable.control.classify;

import org.jspecify.annotations.NullMarked;
