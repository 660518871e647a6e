/** The words of Tidetable: values that cannot be wrong, without behaviour beyond validation. */
@NullMarked
package io.tidetable.model;

import org.jspecify.annotations.NullMarked;
