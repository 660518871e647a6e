/**
 * Real PostgreSQL servers on loopback that need no installation: for the demo, tests and
 * benchmarks.
 */
@NullMarked
package io.tidetable.embedded;

import org.jspecify.annotations.NullMarked;
