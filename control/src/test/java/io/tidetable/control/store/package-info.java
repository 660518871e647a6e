/** Tests of the metadata store on a real server. */
@NullMarked
package io.tidetable.control.store;

import org.jspecify.annotations.NullMarked;
