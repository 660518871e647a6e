/** A living shop in a database of its own: something to replicate, with days, bursts and nights. */
@NullMarked
package io.tidetable.app.demo;

import org.jspecify.annotations.NullMarked;
