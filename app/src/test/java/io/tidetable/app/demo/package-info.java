/** Tests of the demo. */
@NullMarked
package io.tidetable.app.demo;

import org.jspecify.annotations.NullMarked;
