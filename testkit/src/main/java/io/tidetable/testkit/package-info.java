/**
 * What the tests stand on: real servers, damaged networks, named kill points, seeded workloads and
 * comparers.
 */
@NullMarked
package io.tidetable.testkit;

import org.jspecify.annotations.NullMarked;
