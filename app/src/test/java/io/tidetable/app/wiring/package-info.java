/** Tests of package wiring. */
@NullMarked
package io.tidetable.app.wiring;

import org.jspecify.annotations.NullMarked;
