/** The HTTP interface: a server for a running pipeline, and the client that commands use. */
@NullMarked
package io.tidetable.control.api;

import org.jspecify.annotations.NullMarked;
