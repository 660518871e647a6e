/** What of a table is carried: strategies, the scope they come to, and changes within a scope. */
@NullMarked
package io.tidetable.node.strategy;

import org.jspecify.annotations.NullMarked;
