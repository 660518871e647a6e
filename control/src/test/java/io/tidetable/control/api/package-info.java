/** Tests of the HTTP interface against its contract. */
@NullMarked
package io.tidetable.control.api;

import org.jspecify.annotations.NullMarked;
