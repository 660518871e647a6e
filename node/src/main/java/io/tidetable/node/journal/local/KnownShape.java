package io.tidetable.node.journal.local;

import io.tidetable.model.TableShape;

/**
 * A shape with the number under which a track's records name it, never used twice.
 *
 * @param encoded the shape as {@link ShapeCodec} writes it
 */
@SuppressWarnings("ArrayRecordComponent") // shared, never changed, never compared
record KnownShape(int number, TableShape shape, TableIndex table, byte[] encoded) {}
