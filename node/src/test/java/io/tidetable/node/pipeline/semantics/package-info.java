/** What a whole pipeline carries from one server to another, case by case. */
@NullMarked
package io.tidetable.node.pipeline.semantics;

import org.jspecify.annotations.NullMarked;
