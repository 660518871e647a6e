/** Benchmarks, run by name. */
@NullMarked
package io.tidetable.lab;

import org.jspecify.annotations.NullMarked;
