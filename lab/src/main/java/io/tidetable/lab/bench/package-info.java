/** The benchmarks, one class each. */
@NullMarked
package io.tidetable.lab.bench;

import org.jspecify.annotations.NullMarked;
