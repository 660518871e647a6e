/** The types of both sides, and how a value's binary form is carried from one to the other. */
@NullMarked
package io.tidetable.node.types;

import org.jspecify.annotations.NullMarked;
