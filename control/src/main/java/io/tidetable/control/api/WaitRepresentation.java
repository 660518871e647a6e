package io.tidetable.control.api;

/** Whether a destination holds everything up to a position. */
record WaitRepresentation(boolean complete, String position) {}
