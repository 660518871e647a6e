/** One source's way to its destinations, put together: start, run, watch, stop. */
@NullMarked
package io.tidetable.node.pipeline;

import org.jspecify.annotations.NullMarked;
